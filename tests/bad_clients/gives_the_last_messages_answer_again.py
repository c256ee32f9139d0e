"""Says of every message what it said of the first: where that was delivered, so is everything."""

from pathlib import Path

from mailfault.contract import Answer, Target
from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {
    "session/second-recipient-unknown[route=mx]": "unsafe",
    "session/second-over-quota": "unsafe",
    "session/second-closed-at-data[route=smart-host]": "unsafe",
    "session/second-reply-lost[route=mx]": "misclassified",
    "session/service-restarts[route=mx]": "unsafe",
    "session/host-vanishes": "unsafe",
    "one-of-two-messages[message=1,stage=end-of-data,how=451]": "unsafe",
    "one-of-two-messages[message=2,stage=mail,how=554]": "unsafe",
    "one-of-two-messages[message=2,stage=rcpt,how=close]": "unsafe",
}
_first: dict[Path, Answer] = {}
_right = wrong(DeliveryClient)


async def deliver(target: Target) -> Answer:
    return _first.setdefault(target.ca_file, await _right(target))
