"""Alerts of the client, read from the errors that they cause at the server's end."""

import re
import ssl

# OpenSSL names most alerts SSLV3_ALERT_x or TLSV1_ALERT_x, those of RFC 6066 TLSV1_x; no other reason begins so.
_REASON = re.compile(r"(?:SSLV3|TLSV13|TLSV1)_(?:ALERT_)?(\w+)")
# Where Python's table of reasons is older than the OpenSSL that it runs on, only OpenSSL's sentence tells.
_SENTENCE = re.compile(r"\b(?:sslv3|tlsv13|tlsv1|ssl/tls) alert ([a-z ]+)")


def client_alert(error: ssl.SSLError) -> str | None:
    """Return the name of the peer's fatal alert (RFC 8446 6.2), "unknown ca" for example; None if it sent none."""
    # An SSLError that Python code raised, asyncio's for one, has no reason at all.
    reason = getattr(error, "reason", None) or ""
    found = _REASON.fullmatch(reason) or _SENTENCE.search(str(error))
    return found[1].lower().replace("_", " ").strip() if found else None
