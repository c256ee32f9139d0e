"""The proxies between client and host: one Toxiproxy server for each process, driven over its HTTP API."""
