"""The confusion matrix of a client: what it should have named, and what it did name.

Only scenarios that say something about it are counted: neither those that the client declares as unsupported, nor those
whose fault was never met.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mailfault.codes.failure import Failure
from mailfault.events import Ending, ScenarioFinished

_ORDER = ("delivered", *(str(one) for one in Failure))
_SILENT = (Ending.HUNG, Ending.CRASHED)
_NOT_JUDGED = (Ending.UNSUPPORTED, Ending.NOT_REACHED, Ending.BROKEN)
UNNAMED = "no name"
"""The client gave an answer that names no failure."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each expected failure was reported as which."""

    due: tuple[str, ...]
    """The rows: what should have been named; "delivered" and the failures, in the order of the article."""
    named: tuple[str, ...]
    """The columns: what was named; after the single failures those that the client does not tell apart ("a or b"),
    then "no name", "hung" and "crashed"."""
    ids: dict[tuple[str, str], tuple[str, ...]]
    """The scenarios of each cell that is not empty."""
    accepted: frozenset[str] = frozenset()
    """The scenarios that accept another name than the one expected, for a stated reason."""

    def count(self, due: str, named: str) -> int:
        """In how many scenarios `due` was reported as `named`."""
        return len(self.ids.get((due, named), ()))

    def is_right(self, due: str, named: str) -> bool:
        """Whether that cell is an answer that names the failure, alone or among others."""
        return due in named.split(" or ")

    def is_wrong(self, due: str, named: str) -> bool:
        """Whether that cell holds a name that no scenario of it accepts: a confusion."""
        return not self.is_right(due, named) and not self.accepted.issuperset(self.ids.get((due, named), ()))

    @property
    def confused(self) -> tuple[tuple[str, str, int], ...]:
        """What should have been named, what was, and how often; the most frequent first. What scenarios accept is left
        out."""
        wrong = (
            (*pair, sum(one not in self.accepted for one in ids))
            for pair, ids in self.ids.items()
            if self.is_wrong(*pair)
        )
        return tuple(sorted(wrong, key=lambda one: (-one[2], one[0], one[1])))

    def to_json(self) -> list[dict[str, Any]]:
        """The cells that are not empty: expected, reported, and the scenarios."""
        return [
            {"expected": due, "reported": named.split(" or "), "scenarios": list(ids)}
            for (due, named), ids in sorted(self.ids.items())
        ]


def confusion_of(finished: Iterable[ScenarioFinished]) -> Confusion:
    """The confusion matrix of one client's verdicts."""
    ids: dict[tuple[str, str], tuple[str, ...]] = {}
    accepted: set[str] = set()
    for one in finished:
        if one.due and one.ending not in _NOT_JUDGED:
            cell = (one.due, _named(one))
            ids[cell] = (*ids.get(cell, ()), one.id)
            if one.ending is Ending.TOLERATED:
                accepted.add(one.id)
    named = {named for _, named in ids}
    single = [one for one in _ORDER if one in named or any(one == due for due, _ in ids)]
    merged = sorted(one for one in named if " or " in one)
    silent = [one for one in (UNNAMED, *_SILENT) if one in named]
    return Confusion(
        due=tuple(one for one in _ORDER if any(one == due for due, _ in ids)),
        named=(*single, *merged, *silent),
        ids=ids,
        accepted=frozenset(accepted),
    )


def _named(one: ScenarioFinished) -> str:
    if one.ending in _SILENT:
        return one.ending
    return " or ".join(sorted(one.named)) or UNNAMED
