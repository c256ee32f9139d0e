"""Dividing scenarios among several machines."""

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailfault.cli.selection import Chosen

_SHARD = re.compile(r"(\d+)/(\d+)")


def read_shard(text: str) -> tuple[int, int]:
    """Read "2/5", the second of five. Raises ValueError."""
    found = _SHARD.fullmatch(text.strip())
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= of:
        raise ValueError(f"--shard {text!r} is not a part of a whole; write it like 2/5, from 1/5 to 5/5")
    return number, of


def shard(scenarios: Sequence["Chosen"], number: int, of: int) -> tuple["Chosen", ...]:
    """Part `number` (from 1) `of` so many.

    A scenario's part depends on its id alone, so adding one moves no other; parts differ somewhat in size.
    """
    return tuple(one for one in scenarios if _part(one.scenario.id, of) == number)


def _part(identity: str, of: int) -> int:
    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8], "big") % of + 1
