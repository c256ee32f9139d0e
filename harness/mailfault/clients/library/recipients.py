"""The answers for single recipients, combined."""

from collections.abc import Mapping
from dataclasses import replace

from mailfault.contract import Answer, Outcome


def combine_answers(recipients: Mapping[str, Answer]) -> Answer:
    """Return the answer of the worst recipient, with each recipient's own answer where they differ."""
    worst = max(recipients.values(), key=lambda answer: list(Outcome).index(answer.outcome))
    if all(answer == worst for answer in recipients.values()):
        return worst
    return replace(worst, recipients=dict(recipients))
