"""Has two phrases for whatever fails before the session: "could not reach it" stands for a connection that was refused or
timed out, and is said of bad certificates too; "could not talk to it" stands for the rest."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Target
from mailfault.reference_client import DeliveryClient
from tests.support.variants import with_policies, wrong

CAUGHT = {
    "tls/certificate-expired[route=smart-host]": "misclassified",
    "dns/smart-host-name-gone": "misclassified",
    "all-hosts-fail[first=closed,second=certificate]": "misclassified",
}

_REACH = (Failure.CONNECTION_REFUSED, Failure.CONNECTION_TIMED_OUT)
_TALK = (Failure.CONNECTION_CLOSED, Failure.CANNOT_CONNECT, Failure.PROTOCOL_ERROR)
_PHRASES = {
    **dict.fromkeys((*_REACH, Failure.CERTIFICATE_INVALID), _REACH),
    **dict.fromkeys((*_TALK, Failure.DNS_QUERY_FAILED), _TALK),
}
right = wrong(DeliveryClient)


@with_policies
async def deliver(target: Target) -> Answer:
    answer = await right(target)
    phrase = _PHRASES.get(answer.failure) if answer.failure is not None else None
    if phrase is None:
        return answer
    return replace(answer, code=None, reply=None, failure=phrase[0], also=phrase[1:], recipients=None)
