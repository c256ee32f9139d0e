"""The verdict on a client in one scenario."""

from collections.abc import Iterable
from dataclasses import dataclass

from mailfault.events import Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An ending, its reason, and the three voices that it rests on. The attributes are keys of the run record."""

    ending: Ending
    sentence: str
    """The reason, in one sentence."""
    expected: str = ""
    happened: str = ""
    said: str = ""
    """The three voices in brief, like "450 4.4.316 connection-refused": expectation, diagnosis, answer."""
    coarser: tuple[str, ...] = ()
    """Further failures that a passing answer may mean: there the client is coarser than the article."""
    due: str = ""
    """The failure that the client should have named, or "delivered"; empty if nothing was judged."""
    named: tuple[str, ...] = ()
    """The failures that its answer may mean, or "delivered"; empty if it names none, or there is no answer."""
    fault_met: bool | None = None
    """False if no fault acted on the client, True if one did. None if the scenario has none, or nothing was judged."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict, the first of equals. Raises ValueError if there is none."""
    return max(verdicts, key=lambda verdict: verdict.ending.rank)
