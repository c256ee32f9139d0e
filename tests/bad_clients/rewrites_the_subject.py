"""Marks the subject of every message."""

from mailfault.reference_client.session import dot_stuffed
from tests.support.variants import transmitting

CAUGHT = {"control/plain[route=smart-host]": "unsafe"}
BECAUSE = {
    "control/plain[route=smart-host]": "its Subject is '[sent] A message that wants to arrive' in place of 'A message that wants to arrive'",
}


deliver = transmitting(lambda message: dot_stuffed(message.replace(b"Subject: ", b"Subject: [sent] ")) + b".\r\n")
