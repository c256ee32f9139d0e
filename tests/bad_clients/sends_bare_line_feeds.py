"""Ends the lines of the message with LF alone, and the message with CRLF, dot and CRLF."""

from tests.support.raw_client import Manners, raw

CAUGHT = {
    "control/strict[route=mx,tls=none]": "misclassified",
}
BECAUSE = {
    "control/strict[route=mx,tls=none]": "it ended a line with LF alone (RFC 5321 2.3.8)",
}

deliver = raw(Manners(text=lambda message: message.replace(b"\r\n", b"\n") + b"\r\n.\r\n"))
