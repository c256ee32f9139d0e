"""Combine the verdicts on several messages into one."""

from collections.abc import Sequence
from dataclasses import replace

from mailfault.events import Ending
from mailfault.judging.claims import DELIVERED
from mailfault.judging.verdict import Verdict, worst


def combine(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the worst verdict, with the number of its message. If all passed, list the voices of each message."""
    decisive = worst(verdicts)
    if len(verdicts) == 1 or decisive.ending is Ending.UNSUPPORTED:
        return decisive
    if decisive.ending is not Ending.PASSED:
        return replace(decisive, sentence=f"message {verdicts.index(decisive) + 1}: {decisive.sentence}")
    first_failing = next((verdict for verdict in verdicts if verdict.due != DELIVERED), verdicts[0])
    return Verdict(
        ending=decisive.ending,
        sentence=_numbered([verdict.sentence for verdict in verdicts]),
        expected=_numbered([verdict.expected for verdict in verdicts]),
        happened=_numbered([verdict.happened for verdict in verdicts]),
        said=_numbered([verdict.said for verdict in verdicts]),
        due=first_failing.due,
        named=first_failing.named,
        fault_met=first_failing.fault_met,
    )


def _numbered(texts: Sequence[str]) -> str:
    """Join texts with the numbers of their messages; equal texts are given once, without a number."""
    if len(set(texts)) == 1:
        return texts[0]
    return "; ".join(f"{number}: {text}" for number, text in enumerate(texts, start=1))
