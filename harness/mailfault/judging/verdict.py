"""How a scenario ended for a client."""

from collections.abc import Iterable
from dataclasses import dataclass

from mailfault.events import Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An ending, why, and the three voices that it rests on."""

    ending: Ending
    sentence: str
    """Why, in one sentence."""
    expected: str = ""
    happened: str = ""
    said: str = ""
    """Each spelled briefly, as in "450 4.4.316 connection-refused"."""
    coarser: tuple[str, ...] = ()
    """Where it passed: the other failures that the client's answer may as well stand for, so that it is coarser than
    the article there."""
    due: str = ""
    """What the client should have said: a failure, or "delivered"; empty where it was not judged."""
    named: tuple[str, ...] = ()
    """What its answer stands for: the failures, or "delivered"; empty where it names none, or there is no answer."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that counts among several; the first of equals. Raises ValueError where there is none."""
    return max(verdicts, key=lambda one: one.ending.rank)
