"""Sends an empty message in place of its own, and says delivered."""

from tests.support.variants import transmitting

CAUGHT = {"control/plain[route=smart-host]": "unsafe", "control/starttls[route=mx]": "unsafe"}
BECAUSE = {
    "control/starttls[route=mx]": "its body has 0 octets in place of 1410",
    "control/plain[route=smart-host]": "line 1 of its body is missing, 'Line 00 of a message that is long enough ",
}


deliver = transmitting(lambda message: b"\r\n.\r\n")
