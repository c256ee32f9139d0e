"""Families: one Python file makes many similar scenarios, `NAME[setting=value,...]`."""
