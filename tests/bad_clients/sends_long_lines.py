"""Puts the message's text on one line of a thousand octets."""

from tests.support.raw_client import Manners, raw

CAUGHT = {
    "control/strict[route=mx,tls=none]": "misclassified",
}
BECAUSE = {
    "control/strict[route=mx,tls=none]": "it sent a line of more than 998 octets in the message",
}

deliver = raw(Manners(text=lambda message: message + b"x" * 1000 + b"\r\n.\r\n"))
