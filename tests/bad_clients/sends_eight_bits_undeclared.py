"""Sends 8-bit text without BODY=8BITMIME."""

from tests.support.raw_client import Manners, raw

CAUGHT = {
    "control/strict[route=mx,tls=none]": "unsafe",
}
BECAUSE = {
    "control/strict[route=mx,tls=none]": "took another message for user@dest.example than the client was given",
}

deliver = raw(Manners(text=lambda message: message + "Gr\u00fc\u00dfe\r\n".encode() + b".\r\n"))
