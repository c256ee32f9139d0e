"""Sends a line that begins with a dot as it is: the host takes the dot away (RFC 5321 4.5.2)."""

from tests.support.variants import transmitting

CAUGHT = {"control/plain[route=smart-host]": "unsafe"}
BECAUSE = {
    "control/plain[route=smart-host]": "line 21 of its body is 'A line that begins with a dot ",
}


deliver = transmitting(lambda message: message + b".\r\n")
