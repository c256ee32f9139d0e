"""Which alert a client sent, read from the error that it became at the server's end."""

import re
import ssl

_ALERT = re.compile(r"(?:SSLV3|TLSV1|TLSV13)_ALERT_(\w+)")


def client_alert(error: ssl.SSLError) -> str | None:
    """Name of the fatal alert that the peer sent (RFC 8446 6.2), "unknown ca" for example; None where it sent none."""
    found = _ALERT.fullmatch(error.reason or "")
    return found[1].lower().replace("_", " ") if found else None
