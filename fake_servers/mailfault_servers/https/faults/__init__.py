"""Faults of the policy host, each in its own file. The file's name is the fault's id."""
