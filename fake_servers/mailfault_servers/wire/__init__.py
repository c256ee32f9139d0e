"""The link between a client and the servers of its world: its packets, and its faults. In a sandbox only."""
