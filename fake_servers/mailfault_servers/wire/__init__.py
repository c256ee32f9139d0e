"""What passed on the link between a client and the servers of its world, where that can be seen: in a sandbox."""
