"""Several messages one after another: each is diagnosed by itself, and none may be lost or doubled by another.

Whose copy a server accepted is told by the digest: a message that turns up in another message's delivery counts for
itself. Clients that change a message on its way (trace headers, RFC 5321 4.4) are taken at their delivery.
"""

from collections.abc import Sequence
from dataclasses import replace

from mailfault.diagnosis.deliveries import sessions_of
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Acceptance, Diagnosis
from mailfault.judging.answer_check import DELIVERED
from mailfault.judging.verdict import Ending, Verdict, worst
from mailfault_servers.journal import Entry


def diagnose_messages(entries: Sequence[Entry], digests: Sequence[str]) -> tuple[Diagnosis, ...]:
    """What became of each message; `digests` are their SHA-256, in the order of their deliveries."""
    if len(digests) == 1:
        return (diagnose(entries),)
    accepted = [
        (number, one)
        for number in range(1, len(digests) + 1)
        for story in sessions_of(entries, number)
        for one in story.acceptances
    ]
    return tuple(
        _of_message(diagnose(entries, number), [one for it, one in accepted if _whose(it, one, digests) == number])
        for number in range(1, len(digests) + 1)
    )


def _whose(delivery: int, one: Acceptance, digests: Sequence[str]) -> int:
    return digests.index(one.digest) + 1 if one.digest in digests else delivery


def _of_message(diagnosis: Diagnosis, own: Sequence[Acceptance]) -> Diagnosis:
    if tuple(own) == diagnosis.acceptances:
        return diagnosis
    others = [one for one in diagnosis.acceptances if one not in own]
    changed = replace(diagnosis, acceptances=tuple(own))
    if diagnosis.delivered and not any(one.confirmed for one in own) and others:
        sentence = f"{others[-1].server} was given another message in the place of this one"
        return replace(changed, delivered=False, happened=False, sentence=sentence)
    return changed


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
