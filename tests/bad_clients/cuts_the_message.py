"""Sends the first half of the message, as if it ended there."""

from mailfault.reference_client.session import dot_stuffed
from tests.support.variants import transmitting

CAUGHT = {"control/plain[route=smart-host]": "unsafe"}
BECAUSE = {
    "control/plain[route=smart-host]": "its body has 589 octets in place of 1410",
}


deliver = transmitting(lambda message: dot_stuffed(message[: len(message) // 2]) + b".\r\n")
