"""Toxiproxy's toxics: one file, one toxic. The file's name is the toxic's type."""
