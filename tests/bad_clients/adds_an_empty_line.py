"""Ends every message with CRLF, also one that ends with it already (RFC 5321 4.1.1.4)."""

from mailfault.reference_client.session import dot_stuffed
from tests.support.variants import transmitting

CAUGHT = {"control/plain[route=smart-host]": "unsafe"}
BECAUSE = {
    "control/plain[route=smart-host]": "is '\\r\\n', and the body was to end before it",
}


deliver = transmitting(lambda message: dot_stuffed(message) + b"\r\n.\r\n")
