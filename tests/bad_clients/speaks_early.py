"""Sends EHLO as soon as it is connected, and reads the greeting afterwards."""

from tests.support.raw_client import Manners, raw

CAUGHT = {
    "control/strict[route=mx,tls=none]": "misclassified",
    "control/strict[route=smart-host,tls=none]": "misclassified",
}
BECAUSE = {
    "control/strict[route=mx,tls=none]": "it spoke before the greeting was complete (RFC 5321 3.1)",
    "control/strict[route=smart-host,tls=none]": "it spoke before the greeting was complete (RFC 5321 3.1)",
}

deliver = raw(Manners(is_early=True))
