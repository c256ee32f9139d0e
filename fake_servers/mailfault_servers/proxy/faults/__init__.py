"""Faults of proxied connections: one fault a file. The file's name is the fault's id."""
