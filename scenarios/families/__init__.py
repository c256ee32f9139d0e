"""Families: many like stories from one Python file each, `NAME[setting=value,...]`."""
