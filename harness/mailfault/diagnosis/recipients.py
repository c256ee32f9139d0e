"""Recipients that fare differently: each has its own diagnosis, and success at any host is success for it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnosis import Diagnosis, Grade
from mailfault.diagnosis.session import Session
from mailfault_servers.smtp.reply import SmtpReply, Stage


def by_recipient(
    diagnosis: Diagnosis, deciding: Session | None, sessions: Sequence[Session], addresses: Mapping[str, str]
) -> Diagnosis:
    """Add each recipient's own diagnosis to that of the whole, if they differ.

    `deciding` is the session that `diagnosis` was drawn from, None if it was no session. `sessions` are in the order in
    which they began, `addresses` by name of host. Recipients are in lower case.
    """
    servers = confirmed_recipients(sessions)
    tried = tried_recipients(sessions)
    missed = [recipient for recipient in tried if recipient not in servers]
    if servers and not missed:
        return diagnosis if diagnosis.delivered else _delivered(next(reversed(servers.values())), addresses)
    failed = {recipient: _failed(recipient, diagnosis, deciding, sessions, addresses) for recipient in missed}
    own = {recipient: failed.get(recipient) or _delivered(servers[recipient], addresses) for recipient in tried}
    if not _differ(own.values()):
        return diagnosis
    whole = max(failed.values(), key=_weight) if servers else diagnosis
    return replace(whole, recipients=own)


def tried_recipients(sessions: Iterable[Session]) -> tuple[str, ...]:
    """List the recipients that RCPT named, each once."""
    return tuple(dict.fromkeys(recipient for session in sessions for recipient in session.recipients))


def confirmed_recipients(sessions: Iterable[Session]) -> dict[str, str]:
    """Map each recipient with a confirmed acceptance to the server of the last one."""
    return {
        recipient.lower(): acceptance.server
        for session in sessions
        for acceptance in session.acceptances
        if acceptance.confirmed
        for recipient in acceptance.recipients
    }


def _differ(diagnoses: Iterable[Diagnosis]) -> bool:
    return len({(own.failure, own.delivered, own.server, own.stage, own.reply) for own in diagnoses}) > 1


def _weight(diagnosis: Diagnosis) -> tuple[bool, int]:
    return diagnosis.may_be_delivered, diagnosis.reply.code if diagnosis.reply is not None else 0


def _delivered(server: str, addresses: Mapping[str, str]) -> Diagnosis:
    return Diagnosis(
        failure=None,
        delivered=True,
        happened=True,
        grade=Grade.WITNESSED,
        sentence=f"{server} accepted the message",
        server=server,
        address=addresses.get(server),
    )


def _failed(
    recipient: str,
    otherwise: Diagnosis,
    deciding: Session | None,
    sessions: Sequence[Session],
    addresses: Mapping[str, str],
) -> Diagnosis:
    """Diagnose the delivery to a recipient without a confirmed acceptance."""
    lost = _session_with_lost_reply(recipient, sessions)
    if lost is not None:
        return lost.diagnosis(addresses)
    last = next(session for session in reversed(sessions) if recipient in session.recipients)
    reply = last.recipients[recipient]
    if reply is not None and reply.code >= 500:
        return _refused(recipient, last.server, reply, addresses)
    if last is not deciding and (deciding is None or not deciding.recipients):
        return otherwise  # a later attempt ended before it named its recipients
    if reply is not None and not reply.is_positive:
        return _refused(recipient, last.server, reply, addresses)
    if reply is not None and last.stage == Stage.RCPT and last.reply is not None:
        return _dropped(recipient, last.server, addresses)  # the refusal is another recipient's
    return last.diagnosis(addresses)


def _session_with_lost_reply(recipient: str, sessions: Sequence[Session]) -> Session | None:
    """Find the last session that accepted a message to the recipient, and whose reply was lost."""
    for session in reversed(sessions):
        if session.may_be_delivered and recipient in lower_case(session.acceptances[-1].recipients):
            return session
    return None


def lower_case(recipients: Iterable[str]) -> frozenset[str]:
    return frozenset(recipient.lower() for recipient in recipients)


def _dropped(recipient: str, server: str, addresses: Mapping[str, str]) -> Diagnosis:
    """Diagnose a recipient that was taken, and to which the client sent nothing."""
    return Diagnosis(
        failure=None,
        delivered=False,
        happened=False,
        grade=Grade.WITNESSED,
        sentence=f"{server} took RCPT for {recipient}, and the client sent no message",
        server=server,
        address=addresses.get(server),
        stage=Stage.RCPT,
    )


def _refused(recipient: str, server: str, reply: SmtpReply, addresses: Mapping[str, str]) -> Diagnosis:
    return Diagnosis(
        failure=Failure.REMOTE_REPLY,
        delivered=False,
        happened=True,
        grade=Grade.WITNESSED,
        sentence=f"{server} answered RCPT for {recipient} with {reply}",
        server=server,
        address=addresses.get(server),
        stage="rcpt",
        reply=reply,
    )
