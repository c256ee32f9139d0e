"""Sends MAIL, RCPT and DATA in one go, whether PIPELINING is offered or not."""

from tests.support.raw_client import Manners, raw

CAUGHT = {
    "smtp/without-pipelining": "misclassified",
}
BECAUSE = {
    "smtp/without-pipelining": "it sent the next command before the reply, and PIPELINING was not offered (RFC 5321 2.1, RFC 2920 3.1)",
}

deliver = raw(Manners(is_ahead=True))
