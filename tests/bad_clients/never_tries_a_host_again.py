"""Holds a failure to connect against a host for good: it says the same of every later message, and tries nothing."""

from pathlib import Path

from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Target
from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {
    "session/recovers-from-refused[route=mx]": "not-reached",
    "session/recovers-from-no-answer": "not-reached",
    "session/recovers-from-greeting-421[route=smart-host]": "misclassified",
    "session/recovers-from-servfail[route=mx]": "misclassified",
    "session/recovers-from-an-expired-certificate": "misclassified",
    "session/service-restarts[route=smart-host]": "misclassified",
}
BECAUSE = {"session/recovers-from-an-expired-certificate": "for an earlier message it had reached mx1.dest.example"}
_dead: dict[Path, Answer] = {}
_right = wrong(DeliveryClient)


async def deliver(target: Target) -> Answer:
    if target.ca_file in _dead:
        return _dead[target.ca_file]
    answer = await _right(target)
    if answer.failure not in (None, Failure.REMOTE_REPLY):
        _dead[target.ca_file] = answer
    return answer
