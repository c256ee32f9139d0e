"""Clients that are programs: their processes, and the data that passes to and from them."""
