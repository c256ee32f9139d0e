"""What `mailfault explain` shows: a page of plain text for a scenario, a fault, a failure or a code."""
