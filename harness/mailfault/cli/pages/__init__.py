"""Pages of `mailfault explain`: plain text about a scenario, a fault, a failure or a code."""
