"""Leaves the Message-ID out: replies and copies find the message no more."""

from mailfault.reference_client.session import dot_stuffed
from tests.support.variants import transmitting

CAUGHT = {"control/plain[route=smart-host]": "unsafe"}
BECAUSE = {
    "control/plain[route=smart-host]": "its header has no Message-ID, which was '<one@client.example>'",
}


_FIELD = b"Message-ID: <one@client.example>\r\n"

deliver = transmitting(lambda message: dot_stuffed(message.replace(_FIELD, b"")) + b".\r\n")
