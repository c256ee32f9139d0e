"""Failure classes, and code maps that give each its status code. Pure: package data and look-ups."""
