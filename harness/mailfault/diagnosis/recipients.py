"""Recipients that fare differently: each has a diagnosis of its own, and success at any host is success for it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnosis import Diagnosis, Grade
from mailfault.diagnosis.session import SessionStory
from mailfault_servers.smtp.reply import SmtpReply


def by_recipient(
    diagnosis: Diagnosis, deciding: SessionStory | None, stories: Sequence[SessionStory], addresses: Mapping[str, str]
) -> Diagnosis:
    """The diagnosis of the whole, with each recipient's own where they differ.

    `deciding` is the session that `diagnosis` was drawn from, None where it was no session; `stories` are in the order
    in which they began, `addresses` by name of host. Recipients are in lower case.
    """
    confirmed = [one for story in stories for one in story.acceptances if one.confirmed]
    taken = {who.lower(): one.server for one in confirmed for who in one.recipients}
    tried = tuple(dict.fromkeys(who for story in stories for who in story.recipients))
    missed = [who for who in tried if who not in taken]
    if taken and not missed:
        return diagnosis if diagnosis.delivered else _taken(next(reversed(taken.values())), addresses)
    each = {
        who: _taken(taken[who], addresses) if who in taken else _fate(who, diagnosis, deciding, stories, addresses)
        for who in tried
    }
    if len({(one.failure, one.delivered, one.server, one.stage, one.reply) for one in each.values()}) < 2:
        return diagnosis
    whole = max((each[who] for who in missed), key=_weight) if taken else diagnosis
    return replace(whole, recipients=each)


def _weight(diagnosis: Diagnosis) -> tuple[bool, int]:
    return diagnosis.may_be_delivered, diagnosis.reply.code if diagnosis.reply is not None else 0


def _taken(server: str, addresses: Mapping[str, str]) -> Diagnosis:
    return Diagnosis(
        failure=None,
        delivered=True,
        happened=True,
        grade=Grade.WITNESSED,
        sentence=f"{server} accepted the message",
        server=server,
        address=addresses.get(server),
    )


def _fate(
    who: str,
    otherwise: Diagnosis,
    deciding: SessionStory | None,
    stories: Sequence[SessionStory],
    addresses: Mapping[str, str],
) -> Diagnosis:
    """What became of a recipient for whom no acceptance was confirmed."""
    for story in reversed(stories):
        if story.may_be_delivered and any(who == one.lower() for one in story.acceptances[-1].recipients):
            return story.diagnosis(addresses)
    last = next(story for story in reversed(stories) if who in story.recipients)
    reply = last.recipients[who]
    if reply is not None and reply.code >= 500:
        return _refused(who, last.server, reply, addresses)
    if last is not deciding and (deciding is None or not deciding.recipients):
        return otherwise  # a later attempt that did not get so far as to name its recipients
    if reply is not None and not reply.is_positive:
        return _refused(who, last.server, reply, addresses)
    return last.diagnosis(addresses)


def _refused(who: str, server: str, reply: SmtpReply, addresses: Mapping[str, str]) -> Diagnosis:
    return Diagnosis(
        failure=Failure.REMOTE_REPLY,
        delivered=False,
        happened=True,
        grade=Grade.WITNESSED,
        sentence=f"{server} answered RCPT for {who} with {reply}",
        server=server,
        address=addresses.get(server),
        stage="rcpt",
        reply=reply,
    )
