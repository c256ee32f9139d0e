"""Puts the message's text on one line of a thousand octets."""

from tests.support.raw_client import Manners, raw

CAUGHT = {
    "control/strict[route=mx,tls=none]": "unsafe",
}
BECAUSE = {
    "control/strict[route=mx,tls=none]": "took another message for user@dest.example than the client was given",
}

deliver = raw(Manners(text=lambda message: message + b"x" * 1000 + b"\r\n.\r\n"))
