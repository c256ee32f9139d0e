"""One file a format, all made from the run's events."""
