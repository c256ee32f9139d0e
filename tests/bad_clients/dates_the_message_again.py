"""Puts a Date of its own before the one that is there (RFC 5322 3.6)."""

from mailfault.reference_client.session import dot_stuffed
from tests.support.variants import transmitting

CAUGHT = {"control/plain[route=smart-host]": "unsafe"}
BECAUSE = {
    "control/plain[route=smart-host]": "its header has 2 fields Date, and may have one",
}


_DATE = b"Date: Tue, 03 Jan 2023 10:00:00 +0000\r\n"

deliver = transmitting(lambda message: dot_stuffed(_DATE + message) + b".\r\n")
