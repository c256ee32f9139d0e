"""Sends what is left in its buffer, the first message, in the place of every later one."""

from dataclasses import replace
from pathlib import Path

from mailfault.contract import Answer, Target
from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {
    "session/three-messages[route=mx]": "unsafe",
    "session/recovers-from-a-cut-message": "unsafe",
    "session/recovers-from-a-lost-reply[route=mx]": "unsafe",
}
_buffer: dict[Path, bytes] = {}
_right = wrong(DeliveryClient)


async def deliver(target: Target) -> Answer:
    return await _right(replace(target, message=_buffer.setdefault(target.ca_file, target.message)))
