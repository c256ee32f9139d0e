"""Ends the lines of the message with LF alone, and the message with CRLF, dot and CRLF."""

from tests.support.raw_client import Manners, raw

CAUGHT = {
    "control/strict[route=mx,tls=none]": "unsafe",
}
BECAUSE = {
    "control/strict[route=mx,tls=none]": "took another message for user@dest.example than the client was given",
}

deliver = raw(Manners(text=lambda message: message.replace(b"\r\n", b"\n") + b"\r\n.\r\n"))
