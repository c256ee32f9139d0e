"""Says EHLO _, which is no name: it was not told its own."""

from tests.support.raw_client import Manners, raw

CAUGHT = {
    "control/strict[route=mx,tls=none]": "misclassified",
}
BECAUSE = {
    "control/strict[route=mx,tls=none]": "it gave in EHLO or HELO neither a domain name nor an address in brackets",
}

deliver = raw(Manners(hello="_"))
