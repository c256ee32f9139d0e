"""A session as the client saw it, by way of a proxy or over a bad link: without replies that never arrived. Pure."""

from collections.abc import Iterable, Sequence

from mailfault.diagnosis.connections import Connection
from mailfault_servers.facts import (
    CertificatePresented,
    CommandReceived,
    EndedByClient,
    EndedByServer,
    Fact,
    LinkEnded,
    ReplySent,
    TlsFailed,
    WentSilent,
)
from mailfault_servers.smtp.reply import Stage

_NEXT_STAGE = {
    Stage.GREETING: Stage.EHLO,
    Stage.EHLO: Stage.MAIL,
    Stage.MAIL: Stage.RCPT,
    Stage.RCPT: Stage.DATA,
    Stage.DATA: Stage.MESSAGE,
}


def client_view(connection: Connection) -> Sequence[Fact]:
    """Rebuild this delivery's facts as the client saw them: without lost replies, and with the end that it met.

    Without a proxy and without lost packets, both ends saw the same.
    """
    if connection.lost_packets:
        return _over_a_lossy_link(connection.facts)
    link = next((fact for fact in connection.facts if isinstance(fact, LinkEnded)), None)
    return connection.facts if link is None else _by_way_of_a_proxy(connection.facts, link)


def _over_a_lossy_link(facts: Sequence[Fact]) -> Sequence[Fact]:
    """End the session in silence, for lost packets stopped it, unless either end had finished it."""
    if _ended_by_server(facts) or any(isinstance(fact, CommandReceived) and fact.stage == Stage.QUIT for fact in facts):
        return facts
    seen = [fact for fact in facts if not isinstance(fact, EndedByClient | TlsFailed)]
    return [*seen, WentSilent(stage=_stage_reached(seen))]


def _by_way_of_a_proxy(facts: Sequence[Fact], link: LinkEnded) -> Sequence[Fact]:
    """Cut the session off at the first reply that never arrived, and end it as the link ended."""
    lost = _first_lost(facts, link)
    seen = [fact for fact in facts[:lost] if not isinstance(fact, LinkEnded)]
    if lost is None and _end_was_seen(seen, link):
        return seen
    stage = _stage_reached(seen) if lost is None else str(getattr(facts[lost], "stage", Stage.STARTTLS))
    is_by_client = link.by == "client" or (lost is not None and _quits(facts[lost:]))
    end: Fact = WentSilent(stage=stage) if is_by_client else EndedByServer(how=link.how, stage=stage)
    return [
        *(fact for fact in seen if not isinstance(fact, EndedByClient | EndedByServer | TlsFailed | WentSilent)),
        end,
    ]


def _quits(facts: Sequence[Fact]) -> bool:
    """Check for QUIT: the client had given up the reply that never arrived, and the host's close only follows."""
    return any(isinstance(fact, CommandReceived) and fact.stage == Stage.QUIT for fact in facts)


def _first_lost(facts: Sequence[Fact], link: LinkEnded) -> int | None:
    """Find the index of the first fact whose bytes never arrived."""
    has_bad_certificate = any(isinstance(fact, CertificatePresented) and fact.problems for fact in facts)
    for index, fact in enumerate(facts):
        if _never_arrived(fact, link, has_bad_certificate=has_bad_certificate):
            return index
    return None


def _never_arrived(fact: Fact, link: LinkEnded, *, has_bad_certificate: bool) -> bool:
    """Check whether a fact's bytes never reached the client.

    A client may leave upon a bad certificate before it has read the whole flight, and an alert tells that it read.
    """
    if not isinstance(fact, ReplySent | TlsFailed) or fact.sent_bytes is None:
        return False
    if isinstance(fact, TlsFailed) and (has_bad_certificate or fact.alert is not None):
        return False
    return fact.sent_bytes > link.to_client_bytes


def _end_was_seen(facts: Sequence[Fact], link: LinkEnded) -> bool:
    """Check whether the host's facts tell how the session ended for the client.

    After its alert the client had left by itself: the host's close is no news to it.
    """
    if link.by == "client" and not _client_was_unheard(facts, link):
        return True
    return _ended_by_server(facts) or any(isinstance(fact, TlsFailed) and fact.alert is not None for fact in facts)


def _ended_by_server(facts: Iterable[Fact]) -> bool:
    return any(isinstance(fact, EndedByServer | WentSilent) for fact in facts)


def _client_was_unheard(facts: Sequence[Fact], link: LinkEnded) -> bool:
    """Check whether the host missed something that the client sent, its FIN included."""
    if any(isinstance(fact, TlsFailed) for fact in facts):
        return False  # a client that leaves in the handshake need not be heard
    received = [fact.received_bytes for fact in facts if isinstance(fact, EndedByClient)]
    return not received or any(count is not None and count < link.from_client_bytes for count in received)


def _stage_reached(facts: Iterable[Fact]) -> str:
    """Return the stage after the last reply, or that of a command without reply."""
    dialogue = [fact for fact in facts if isinstance(fact, CommandReceived | ReplySent)]
    if not dialogue:
        return Stage.GREETING
    stage = Stage(dialogue[-1].stage)
    return _NEXT_STAGE.get(stage, stage) if isinstance(dialogue[-1], ReplySent) else stage
