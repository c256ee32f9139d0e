"""The policy host: HTTPS, for MTA-STS (RFC 8461 3.2)."""
