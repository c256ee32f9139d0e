"""Python clients in a world's own network: a process for each delivery."""
