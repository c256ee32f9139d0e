"""Scenario files: model, loader, selection, schema."""
