"""Stuffs a message that is stuffed already: one dot too many arrives (RFC 5321 4.5.2)."""

from mailfault.reference_client.session import dot_stuffed
from tests.support.variants import transmitting

CAUGHT = {"control/plain[route=smart-host]": "unsafe"}
BECAUSE = {
    "control/plain[route=smart-host]": "line 21 of its body is '..A line that begins with a dot ",
}


deliver = transmitting(lambda message: dot_stuffed(dot_stuffed(message)) + b".\r\n")
