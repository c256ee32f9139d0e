"""Failures, and how each kind of client spells them. Pure data."""
