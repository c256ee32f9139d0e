"""Sends DATA without RCPT: the recipients stand in the message."""

from tests.support.raw_client import Manners, envelope, raw

CAUGHT = {
    "control/strict[route=mx,tls=none]": "misclassified",
}
BECAUSE = {
    "control/strict[route=mx,tls=none]": "it sent DATA before RCPT (RFC 5321 3.3)",
}

deliver = raw(Manners(commands=lambda target: (envelope(target)[0], "DATA")))
