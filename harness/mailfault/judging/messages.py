"""Several messages one after another: one verdict for all of them."""

from collections.abc import Sequence
from dataclasses import replace

from mailfault.judging.answer_check import DELIVERED
from mailfault.judging.verdict import Ending, Verdict, worst


def whole(verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict for all messages: the worst, which says whose it is; where all passed, each is told."""
    decided = worst(verdicts)
    if len(verdicts) == 1 or decided.ending is Ending.UNSUPPORTED:
        return decided
    if decided.ending is not Ending.PASSED:
        return replace(decided, sentence=f"message {verdicts.index(decided) + 1}: {decided.sentence}")
    return Verdict(
        ending=decided.ending,
        sentence=_each([one.sentence for one in verdicts]),
        expected=_each([one.expected for one in verdicts]),
        happened=_each([one.happened for one in verdicts]),
        said=_each([one.said for one in verdicts]),
        due=_first_failing(verdicts).due,
        named=_first_failing(verdicts).named,
    )


def _first_failing(verdicts: Sequence[Verdict]) -> Verdict:
    """The first message that something went wrong with."""
    return next((one for one in verdicts if one.due != DELIVERED), verdicts[0])


def _each(told: Sequence[str]) -> str:
    if len(set(told)) == 1:
        return told[0]
    return "; ".join(f"{number}: {one}" for number, one in enumerate(told, start=1))
