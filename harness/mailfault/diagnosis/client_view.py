"""A session by way of a proxy or over a bad link, as it looked from the client's end: what never got through was never
said. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.facts import (
    CertificatePresented,
    CommandReceived,
    EndedByClient,
    EndedByServer,
    Fact,
    LinkEnded,
    PacketsLost,
    ReplySent,
    TlsFailed,
    WentSilent,
)
from mailfault_servers.journal import Entry
from mailfault_servers.smtp.reply import Stage

_AFTER = {
    Stage.GREETING: Stage.EHLO,
    Stage.EHLO: Stage.MAIL,
    Stage.MAIL: Stage.RCPT,
    Stage.RCPT: Stage.DATA,
    Stage.DATA: Stage.MESSAGE,
}


def as_the_client_saw(entries: Sequence[Entry]) -> Sequence[Entry]:
    """One session's entries without the replies that never came through, and with the end that the client met.

    Entries of a session without a proxy, of which no packet was lost, are returned as they are.
    """
    missing = next((one for one in entries if isinstance(one.fact, PacketsLost)), None)
    if missing is not None:
        return _in_silence([one for one in entries if not isinstance(one.fact, PacketsLost)], missing)
    link = next((one for one in entries if isinstance(one.fact, LinkEnded)), None)
    if link is None:
        return entries
    end = link.fact
    assert isinstance(end, LinkEnded)
    blamed = any(one.fact.problems for one in entries if isinstance(one.fact, CertificatePresented))
    lost = next((n for n, one in enumerate(entries) if _never_came(one, end, blamed=blamed)), None)
    seen = [one for one in entries[:lost] if not isinstance(one.fact, LinkEnded)]
    left = end.by == "client" and not _went_unheard(seen, end)
    if lost is None and (left or _ended_by_host(seen) or _gave_a_reason(seen)):
        return seen
    stage = str(getattr(entries[lost].fact, "stage", Stage.STARTTLS)) if lost is not None else _next_stage(seen)
    ended: Fact = WentSilent(stage=stage) if end.by == "client" else EndedByServer(how=end.how, stage=stage)
    told = [one for one in seen if not isinstance(one.fact, EndedByClient | EndedByServer | TlsFailed | WentSilent)]
    return [*told, replace(link, fact=ended)]


def _in_silence(seen: Sequence[Entry], missing: Entry) -> Sequence[Entry]:
    """A session of which packets were lost: where neither end brought it to its end, what went missing is why."""
    if any(isinstance(one.fact, EndedByServer | WentSilent) for one in seen):
        return seen
    if any(isinstance(one.fact, CommandReceived) and one.fact.stage == Stage.QUIT for one in seen):
        return seen
    told = [one for one in seen if not isinstance(one.fact, EndedByClient | TlsFailed)]
    return [*told, replace(missing, fact=WentSilent(stage=_next_stage(told)))]


def _never_came(entry: Entry, end: LinkEnded, *, blamed: bool) -> bool:
    """`blamed`: the certificate has a flaw, which is why a client may leave before it has read the whole flight."""
    fact = entry.fact
    if isinstance(fact, TlsFailed) and (blamed or fact.alert is not None):
        return False
    if not isinstance(fact, ReplySent | TlsFailed) or fact.sent_bytes is None:
        return False
    return fact.sent_bytes > end.to_client_bytes


def _ended_by_host(entries: Sequence[Entry]) -> bool:
    return any(isinstance(one.fact, EndedByServer | WentSilent) for one in entries)


def _gave_a_reason(entries: Sequence[Entry]) -> bool:
    """Whether the client's alert was heard: it had left by itself, and that the host closed then is no news to it."""
    return any(isinstance(one.fact, TlsFailed) and one.fact.alert is not None for one in entries)


def _went_unheard(entries: Sequence[Entry], end: LinkEnded) -> bool:
    """Whether the client had said something that the host never heard, its leaving included."""
    if any(isinstance(one.fact, TlsFailed) for one in entries):
        return False  # a client that leaves in the handshake need not be heard
    heard = [one.fact.received_bytes for one in entries if isinstance(one.fact, EndedByClient)]
    return not heard or any(one is not None and one < end.from_client_bytes for one in heard)


def _next_stage(entries: Sequence[Entry]) -> str:
    """The stage that the client was at: the one after the last that was answered."""
    facts = [one.fact for one in entries if isinstance(one.fact, CommandReceived | ReplySent)]
    if not facts:
        return Stage.GREETING
    last = Stage(facts[-1].stage)
    return _AFTER.get(last, last) if isinstance(facts[-1], ReplySent) else last
