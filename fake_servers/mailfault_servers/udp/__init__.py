"""Faults of datagrams on their way: loss, delay, duplication, reordering, truncation."""
