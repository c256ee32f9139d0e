"""Speaks after the first line of the greeting, though more lines are announced."""

from tests.support.raw_client import Manners, raw

CAUGHT = {
    "control/strict-after-a-teaser[route=mx]": "misclassified",
}
BECAUSE = {
    "control/strict-after-a-teaser[route=mx]": "it spoke before the greeting was complete (RFC 5321 3.1)",
}

deliver = raw(Manners(reads_whole_greeting=False))
