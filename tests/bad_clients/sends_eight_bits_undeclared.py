"""Sends 8-bit text without BODY=8BITMIME."""

from tests.support.raw_client import Manners, raw

CAUGHT = {
    "control/strict[route=mx,tls=none]": "misclassified",
}
BECAUSE = {
    "control/strict[route=mx,tls=none]": "it sent a message with 8-bit content and did not declare BODY=8BITMIME (RFC 6152 3)",
}

deliver = raw(Manners(text=lambda message: message + "Gr\u00fc\u00dfe\r\n".encode() + b".\r\n"))
