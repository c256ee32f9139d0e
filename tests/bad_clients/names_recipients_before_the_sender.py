"""Sends RCPT before MAIL."""

from tests.support.raw_client import Manners, envelope, raw

CAUGHT = {
    "control/strict[route=mx,tls=none]": "misclassified",
}
BECAUSE = {
    "control/strict[route=mx,tls=none]": "it sent RCPT before MAIL (RFC 5321 3.3)",
}

deliver = raw(Manners(commands=lambda target: (*envelope(target)[1:-1], "MAIL FROM:<>", "DATA")))
