"""What stands between a client and a host: Toxiproxy's toxics, and what goes beyond them."""
