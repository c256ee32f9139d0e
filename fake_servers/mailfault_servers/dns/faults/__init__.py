"""Faults, one a file. The file's name is the fault's id."""
