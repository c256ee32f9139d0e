"""From a journal to a diagnosis. Knows nothing of scenarios, faults or policies.

How far the last host that was attempted got decides, and what ended it there. Success at any host is success. Where
nobody could connect to a host, that its address was handed out has to stand for the attempt.
"""

from collections.abc import Sequence
from dataclasses import replace

from fake_servers.journal import Entry
from fake_servers.smtp.reply import SmtpReply
from harness.codes.failure import Failure
from harness.judging.diagnosis import Acceptance, Diagnosis, Grade
from harness.judging.names import KnownHost, asked_anything, hosts_of, led_to, look_up_failure, null_mx
from harness.judging.session import SessionStory, read_session


def diagnose(entries: Sequence[Entry]) -> Diagnosis:
    """What ended the delivery attempt that these entries tell of."""
    stories = _sessions(entries)
    addresses = {host.name: host.address for host in hosts_of(entries)}
    diagnosis = _last_attempted(entries, stories) or _without_host(entries)
    diagnosis = replace(diagnosis, address=addresses.get(diagnosis.server or ""))
    acceptances = tuple(one for story in stories for one in story.acceptances)
    diagnosis = replace(
        diagnosis,
        acceptances=acceptances,
        clear_mail=tuple(dict.fromkeys(story.server for story in stories if story.clear_mail)),
    )
    return _by_recipient(diagnosis, stories, acceptances, addresses)


def _sessions(entries: Sequence[Entry]) -> tuple[SessionStory, ...]:
    by_session: dict[tuple[int, str, int], list[Entry]] = {}
    for entry in entries:
        if entry.session is not None:
            by_session.setdefault((entry.attempt, entry.server, entry.session), []).append(entry)
    stories = [read_session(one) for one in by_session.values()]
    return tuple(sorted(stories, key=lambda story: story.first_entry))


def _last_attempted(entries: Sequence[Entry], stories: Sequence[SessionStory]) -> Diagnosis | None:
    """What happened at the host that was tried last; None: no host was tried."""
    order = led_to(entries)
    places = {host.name: place for place, host in enumerate(order)}
    latest = {story.server: story for story in stories}  # stories are in time order: the last one stays
    shut = [host for host in order if host.state != "listening" and host.name not in latest]
    last_story = max(
        latest.values(), key=lambda one: (places.get(one.server, len(order)), one.first_entry), default=None
    )
    if last_story is not None and (not shut or places.get(last_story.server, len(order)) > places[shut[-1].name]):
        return _of_story(last_story)
    return _of_shut(shut[-1]) if shut else None


def _of_story(story: SessionStory) -> Diagnosis:
    accepted = any(one.confirmed for one in story.acceptances)
    return Diagnosis(
        failure=story.failure,
        delivered=accepted and story.failure is None,
        happened=accepted or story.failure is not None,
        grade=Grade.WITNESSED,
        sentence=story.sentence,
        server=story.server,
        stage=story.stage,
        reply=story.reply,
        may_be_delivered=story.may_be_delivered,
    )


def _of_shut(host: KnownHost) -> Diagnosis:
    if host.state == "refusing":
        failure, words = Failure.CONNECTION_REFUSED, "nothing listens at"
    else:
        failure, words = Failure.CONNECTION_TIMED_OUT, "no SYN is answered by"
    return Diagnosis(
        failure=failure,
        delivered=False,
        happened=True,
        grade=Grade.INFERRED,
        sentence=f"{words} {host.name} ({host.address}), whose address the client was given",
        server=host.name,
        stage="connect",
    )


def _without_host(entries: Sequence[Entry]) -> Diagnosis:
    """No connection was made and none could have failed unseen: the look-up decides."""
    if (domain := null_mx(entries)) is not None:
        return _look_up(Failure.NO_MAIL_SERVICE, f"{domain} says that it takes no mail (null MX)")
    if led := led_to(entries):
        return _nothing(f"the client was given the address of {led[0].name} and never connected to it")
    if (sentence := look_up_failure(entries)) is not None:
        return _look_up(Failure.DNS_QUERY_FAILED, sentence)
    if asked_anything(entries):
        return _nothing("the client asked for names, was answered, and did nothing more")
    return _nothing("the client asked for no name and connected to no host")


def _look_up(failure: Failure, sentence: str) -> Diagnosis:
    return Diagnosis(
        failure=failure, delivered=False, happened=True, grade=Grade.WITNESSED, sentence=sentence, stage="lookup"
    )


def _nothing(sentence: str) -> Diagnosis:
    return Diagnosis(failure=None, delivered=False, happened=False, grade=Grade.WITNESSED, sentence=sentence)


# -- recipients that fare differently ------------------------------------------------------------------------------


def _by_recipient(
    diagnosis: Diagnosis,
    stories: Sequence[SessionStory],
    acceptances: Sequence[Acceptance],
    addresses: dict[str, str],
) -> Diagnosis:
    """Success at any host is success for a recipient; where recipients differ, each gets a diagnosis of its own."""
    tried = tuple(dict.fromkeys(one for story in stories for one in story.recipients))
    taken = {who: one.server for one in acceptances if one.confirmed for who in one.recipients}
    if not taken:
        return diagnosis
    missed = [who for who in tried if who not in taken]
    if not missed:
        if diagnosis.delivered:
            return diagnosis
        anyone = _taken(next(iter(taken.values())), addresses)
        return replace(anyone, acceptances=diagnosis.acceptances, clear_mail=diagnosis.clear_mail)
    each = {who: _taken(taken[who], addresses) for who in tried if who in taken}
    each |= {who: _refused(who, stories, addresses, diagnosis) for who in missed}
    worst = max((each[who] for who in missed), key=lambda one: one.reply.code if one.reply is not None else 0)
    return replace(
        worst,
        recipients={who: each[who] for who in tried},
        acceptances=diagnosis.acceptances,
        clear_mail=diagnosis.clear_mail,
    )


def _taken(server: str, addresses: dict[str, str]) -> Diagnosis:
    return Diagnosis(
        failure=None,
        delivered=True,
        happened=True,
        grade=Grade.WITNESSED,
        sentence=f"{server} accepted the message",
        server=server,
        address=addresses.get(server),
    )


def _refused(who: str, stories: Sequence[SessionStory], addresses: dict[str, str], otherwise: Diagnosis) -> Diagnosis:
    replies: list[tuple[str, SmtpReply]] = [
        (story.server, story.recipients[who]) for story in stories if who in story.recipients
    ]
    server, reply = replies[-1]
    if reply.is_positive:
        return replace(otherwise, recipients={})
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
