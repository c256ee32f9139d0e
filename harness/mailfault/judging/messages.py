"""Several messages one after another: each is diagnosed by itself, and none may be lost or doubled by another.

Whose copy a server accepted is told by the digest: a message that turns up in another message's delivery counts for
itself. Clients that change a message on its way (trace headers, RFC 5321 4.4) are taken at their delivery.
"""

from collections.abc import Sequence
from dataclasses import replace

from mailfault.diagnosis.deliveries import sessions_of
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Acceptance, Diagnosis
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
