"""A relay between client and host, and the faults of a proxied connection. Toxiproxy itself is in `toxiproxy/`."""
