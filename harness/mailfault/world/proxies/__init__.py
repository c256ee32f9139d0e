"""Proxies between client and host: one control server a process, driven over Toxiproxy's HTTP API."""
