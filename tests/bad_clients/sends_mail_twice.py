"""Sends MAIL twice before it names a recipient."""

from tests.support.raw_client import Manners, envelope, raw

CAUGHT = {
    "control/strict[route=mx,tls=none]": "misclassified",
}
BECAUSE = {
    "control/strict[route=mx,tls=none]": "it sent MAIL within a mail transaction (RFC 5321 4.1.4)",
}

deliver = raw(Manners(commands=lambda target: (envelope(target)[0], *envelope(target))))
