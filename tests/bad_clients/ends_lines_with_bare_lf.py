"""Ends the lines of the message as the files of Unix do, with LF alone (RFC 5321 2.3.8)."""

from mailfault.reference_client.session import dot_stuffed
from tests.support.variants import transmitting

CAUGHT = {"control/plain[route=smart-host]": "unsafe"}
BECAUSE = {
    "control/plain[route=smart-host]": "to be cut in the middle.\\n' in place of",
}


deliver = transmitting(lambda message: dot_stuffed(message).replace(b"\r\n", b"\n") + b"\r\n.\r\n")
