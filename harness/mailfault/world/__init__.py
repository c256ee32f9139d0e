"""A world: the fake servers of one scenario."""
