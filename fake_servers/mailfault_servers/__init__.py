"""Fake DNS, SMTP and TLS servers that fail on purpose. A library of its own: it knows nothing of the harness."""
