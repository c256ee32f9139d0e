"""Several messages one after another: each is diagnosed by itself, and none may be lost or doubled by another. Pure.

A digest identifies the message that a server accepted, even if it arrived during another delivery. A client may change
a message on its way (trace headers, RFC 5321 4.4): an unknown digest counts for the delivery in which it arrived.
"""

from collections.abc import Sequence
from dataclasses import replace

from mailfault.diagnosis.case import Case
from mailfault.diagnosis.diagnose import diagnose, diagnose_case
from mailfault.diagnosis.diagnosis import Acceptance, Diagnosis
from mailfault.diagnosis.evidence import Evidence
from mailfault_servers.journal import Entry


def diagnose_messages(entries: Sequence[Entry], digests: Sequence[str]) -> tuple[Diagnosis, ...]:
    """Diagnose each message; `digests` are their SHA-256, in the order of their deliveries."""
    if len(digests) == 1:
        return (diagnose(entries),)
    cases = [Case.of(evidence) for evidence in Evidence.of_each(entries, len(digests))]
    copies: dict[int, list[Acceptance]] = {}
    for delivery, case in enumerate(cases, start=1):
        for session in case.all_sessions:
            for acceptance in session.acceptances:
                copies.setdefault(_message_of(acceptance, delivery, digests), []).append(acceptance)
    return tuple(
        _with_host(_with_copies(diagnose_case(case), copies.get(number, [])), cases[: number - 1])
        for number, case in enumerate(cases, start=1)
    )


def _message_of(acceptance: Acceptance, delivery: int, digests: Sequence[str]) -> int:
    """Return the number of the message that was accepted, from 1."""
    return digests.index(acceptance.digest) + 1 if acceptance.digest in digests else delivery


def _with_copies(diagnosis: Diagnosis, copies: Sequence[Acceptance]) -> Diagnosis:
    """Replace the acceptances of a delivery by those of its message."""
    if tuple(copies) == diagnosis.acceptances:
        return diagnosis
    others = [acceptance for acceptance in diagnosis.acceptances if acceptance not in copies]
    changed = replace(diagnosis, acceptances=tuple(copies))
    if diagnosis.delivered and not any(copy.confirmed for copy in copies) and others:
        sentence = f"{others[-1].server} was given another message in the place of this one"
        return replace(changed, delivered=False, happened=False, sentence=sentence)
    return changed


def _with_host(diagnosis: Diagnosis, earlier: Sequence[Case]) -> Diagnosis:
    """Name the host that took a connection for an earlier message, if the client made none for this one."""
    hosts = [session.server for case in earlier for session in case.all_sessions]
    if diagnosis.happened or diagnosis.server is not None or not hosts:
        return diagnosis
    sentence = f"{diagnosis.sentence}; for an earlier message it had reached {hosts[-1]}"
    return replace(diagnosis, server=hosts[-1], sentence=sentence)
