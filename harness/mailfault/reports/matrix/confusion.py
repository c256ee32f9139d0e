"""The confusion matrix of a client: expected failures against reported ones.

Scenarios that say nothing about the client are left out: unsupported ones, and those whose fault was not reached.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mailfault.codes.failure import Failure
from mailfault.events import Ending, ScenarioFinished

_ORDER = ("delivered", *(str(failure) for failure in Failure))
_SILENT = (Ending.HUNG, Ending.CRASHED)
_NOT_JUDGED = (Ending.UNSUPPORTED, Ending.NOT_REACHED, Ending.BROKEN)
UNNAMED = "no name"
"""The column of answers that name no failure."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """The number of times that each expected failure was reported as another."""

    due: tuple[str, ...]
    """Rows: "delivered" and the expected failures, in the order of the article."""
    named: tuple[str, ...]
    """Columns: the reported failures, then those that the client does not distinguish ("a or b"), then "no name",
    "hung" and "crashed"."""
    ids: dict[tuple[str, str], tuple[str, ...]]
    """Scenarios of each cell that is not empty."""
    accepted: frozenset[str] = frozenset()
    """Scenarios that accept another failure than the expected one, for a stated reason."""

    def count(self, due: str, named: str) -> int:
        """Return the number of scenarios in which `due` was reported as `named`."""
        return len(self.ids.get((due, named), ()))

    def is_right(self, due: str, named: str) -> bool:
        """Check that the cell's answers name the expected failure, alone or among others."""
        return due in named.split(" or ")

    def is_wrong(self, due: str, named: str) -> bool:
        """Check that the cell is a confusion: a wrong failure that not all its scenarios accept."""
        return not self.is_right(due, named) and not self.accepted.issuperset(self.ids.get((due, named), ()))

    @property
    def confused(self) -> tuple[tuple[str, str, int], ...]:
        """Confusions as (expected, reported, count), the most frequent first, without accepted scenarios."""
        wrong = (
            (due, named, sum(identity not in self.accepted for identity in ids))
            for (due, named), ids in self.ids.items()
            if self.is_wrong(due, named)
        )
        return tuple(sorted(wrong, key=lambda confusion: (-confusion[2], confusion[0], confusion[1])))

    def to_json(self) -> list[dict[str, Any]]:
        """Return the cells that are not empty: expected, reported, and the scenarios."""
        return [
            {"expected": due, "reported": named.split(" or "), "scenarios": list(ids)}
            for (due, named), ids in sorted(self.ids.items())
        ]


def confusion_of(finished: Iterable[ScenarioFinished]) -> Confusion:
    """Return the confusion matrix of one client's verdicts."""
    ids: dict[tuple[str, str], tuple[str, ...]] = {}
    accepted: set[str] = set()
    for event in finished:
        if event.due and event.ending not in _NOT_JUDGED:
            cell = (event.due, _named(event))
            ids[cell] = (*ids.get(cell, ()), event.id)
            if event.ending is Ending.TOLERATED:
                accepted.add(event.id)
    all_due, all_named = {due for due, _ in ids}, {named for _, named in ids}
    single = [name for name in _ORDER if name in all_named or name in all_due]
    merged = sorted(name for name in all_named if " or " in name)
    silent = [name for name in (UNNAMED, *_SILENT) if name in all_named]
    return Confusion(
        due=tuple(name for name in _ORDER if name in all_due),
        named=(*single, *merged, *silent),
        ids=ids,
        accepted=frozenset(accepted),
    )


def _named(finished: ScenarioFinished) -> str:
    if finished.ending in _SILENT:
        return finished.ending
    return " or ".join(sorted(finished.named)) or UNNAMED
