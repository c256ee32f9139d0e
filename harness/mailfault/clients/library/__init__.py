"""Shared parts of adapters over Python code."""
