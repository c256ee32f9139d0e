"""Reports: one module for each format, all made from the events of a run."""
