"""Connections: how a port answers, and how connections end."""
