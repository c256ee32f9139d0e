"""Clients that run inside a sandbox."""
