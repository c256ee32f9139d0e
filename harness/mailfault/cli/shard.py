"""Division of scenarios among several machines."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailfault.cli.selection import Located

_SHARD = re.compile(r"(\d+)/(\d+)")


def read_shard(text: str) -> tuple[int, int]:
    """Read "2/5", the second part of five. Raises ValueError."""
    found = _SHARD.fullmatch(text.strip())
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= of:
        raise ValueError(f"--shard {text!r} is not a part; write it like 2/5, from 1/5 to 5/5")
    return number, of


def shard(scenarios: Sequence["Located"], number: int, of: int) -> tuple["Located", ...]:
    """Return part `number` (from 1) of `of` parts.

    The part of a scenario depends on its id alone: a new scenario moves no other. Parts differ a little in size.
    """
    return tuple(located for located in scenarios if _part(located.scenario.id, of) == number)


def _part(identity: str, of: int) -> int:
    import hashlib

    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8], "big") % of + 1
