"""One answer made of those for single recipients."""

from collections.abc import Mapping
from dataclasses import replace

from mailfault.contract import Answer, Outcome


def whole_of(each: Mapping[str, Answer]) -> Answer:
    """The answer for the message: as bad as that of the worst recipient, each with its own where they differ."""
    worst = max(each.values(), key=lambda one: list(Outcome).index(one.outcome))
    if all(one == worst for one in each.values()):
        return worst
    return replace(worst, recipients=dict(each))
