"""Clients that are programs: their processes and what passes between."""
