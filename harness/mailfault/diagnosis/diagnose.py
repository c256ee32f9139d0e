"""From a journal to a diagnosis. Knows nothing of scenarios, faults or connectors.

How far the last host that was attempted got decides, and what ended it there: of the hosts that were talked to, the
one that was talked to last. Success at any host is success. Where nobody could connect to a host, that its address was
handed out has to stand for the attempt, at its place in the order of preference, unless an answer was final before.
"""

from collections.abc import Sequence
from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.diagnosis.deliveries import known_in, sessions_of
from mailfault.diagnosis.diagnosis import Diagnosis, Grade
from mailfault.diagnosis.dns_lookups import KnownHost, asked_anything, hosts_of, led_to, look_up_failure, null_mx
from mailfault.diagnosis.packets import Asked, asked_for, is_watched, strays_in
from mailfault.diagnosis.policy import Demands
from mailfault.diagnosis.recipients import by_recipient
from mailfault.diagnosis.session import SessionStory
from mailfault_servers.journal import Entry
from mailfault_servers.network import UNROUTABLE

_SHUT = {
    "refusing": (Failure.CONNECTION_REFUSED, "nothing listens at"),
    "unresponsive": (Failure.CONNECTION_TIMED_OUT, "no SYN is answered by"),
    "rejecting": (Failure.CONNECTION_REFUSED, "a firewall rejects connections to"),
    "unreachable": (Failure.CANNOT_CONNECT, "no route leads to"),
    "prohibited": (Failure.CANNOT_CONNECT, "a firewall forbids connections to"),
    "lossy": (Failure.CONNECTION_TIMED_OUT, "packets were lost on the way to"),
}


def diagnose(entries: Sequence[Entry], delivery: int | None = None) -> Diagnosis:
    """What ended the delivery that these entries tell of; given `delivery`, the so-manyth of several."""
    known = known_in(entries, delivery)
    demands = Demands(known)
    told = sessions_of(entries, delivery, demands)
    stories = tuple(one for one in told if not one.left_over)
    addresses = {host.name: host.address for host in reversed(hosts_of(known))}
    addresses |= {story.server: story.address for story in told if story.address is not None}
    attempted = led_to(known)
    story = _deciding_session(stories)
    watched = is_watched(entries)
    asked = _shut_last(asked_for(known, delivery), story) if watched else None
    # What leaves no packet is not seen on the wire either: for an address without a route the handing out has to stand.
    unseen = (
        [one for one in attempted if one.state == "listening" or one.address == UNROUTABLE] if watched else attempted
    )
    shut = _shut_later(unseen, story)
    if asked is not None:
        diagnosis, story = _of_asked(asked), None
    elif shut is not None:
        others = [one for one in attempted if one.name == shut.name and one.state == shut.state]
        diagnosis, story = _of_shut(shut, others), None
    elif story is not None:
        diagnosis = story.diagnosis(addresses)
    else:
        diagnosis = _without_host(known, demands)
        if told and not diagnosis.happened:
            diagnosis = told[-1].diagnosis(addresses)
    return replace(
        by_recipient(diagnosis, story, stories, addresses),
        acceptances=tuple(one for story in stories for one in story.acceptances),
        breaches=tuple(f"{story.server}: {story.breach}" for story in stories if story.breach is not None),
        strays=strays_in(entries, delivery),
        clear_mail=tuple(dict.fromkeys(story.server for story in stories if story.clear_mail)),
    )


def _deciding_session(stories: Sequence[SessionStory]) -> SessionStory | None:
    """The session at the host that was tried last; but a reply that was lost outranks what came after it.

    Of several sessions at one host one in which nothing happened (a probe, a spare connection) hides no other.
    """
    confirmed = {
        who.lower() for story in stories for one in story.acceptances if one.confirmed for who in one.recipients
    }
    for story in reversed(stories):
        if story.may_be_delivered and not {who.lower() for who in story.acceptances[-1].recipients} <= confirmed:
            return story
    latest: dict[tuple[str, str | None], SessionStory] = {}
    for story in stories:
        place = story.server, story.address
        if place not in latest or story.failure is not None or story.acceptances:
            latest[place] = story
    return max(latest.values(), key=lambda story: story.first_entry, default=None)


def _shut_later(attempted: Sequence[KnownHost], story: SessionStory | None) -> KnownHost | None:
    """The shut host, if any, that a right client that came as far as `story` tried after it (RFC 5321 5.1).

    `attempted` are the hosts whose addresses were handed out, in order of preference.
    """
    shut = [host for host in attempted if host.state != "listening"]
    if not shut or story is None:
        return shut[-1] if shut else None
    if story.is_final:
        return None
    met = next(
        (host for host in attempted if host.name == story.server and story.address in (None, host.address)), None
    )
    if met is None:
        return None
    if shut[-1].name == met.name:
        return shut[-1] if shut[-1].place > met.place else None
    return shut[-1] if (shut[-1].preference, shut[-1].handed_out) >= (met.preference, story.first_entry) else None


def _of_shut(host: KnownHost, alike: Sequence[KnownHost]) -> Diagnosis:
    """`alike` are all of its addresses of which the same is true: which of them was tried last nobody saw."""
    failure, words = _SHUT[host.state]
    return Diagnosis(
        failure=failure,
        delivered=False,
        happened=True,
        grade=Grade.INFERRED,
        sentence=f"{words} {host.name} ({' and '.join(one.address for one in alike)}), "
        f"whose {'address' if len(alike) == 1 else 'addresses'} the client was given",
        server=host.name,
        address=host.address if len(alike) == 1 else None,
        stage="connect",
    )


def _shut_last(asked: Sequence[Asked], story: SessionStory | None) -> Asked | None:
    """The shut host, if any, that the client was seen to ask for a connection after it had come as far as `story`."""
    shut = [one for one in asked if one.state != "listening"]
    if not shut or story is None:
        return shut[-1] if shut else None
    if story.is_final:
        return None
    met = [one.number for one in asked if one.name == story.server and story.address in (None, one.address)]
    return shut[-1] if shut[-1].number > max(met, default=story.first_entry) else None


def _of_asked(host: Asked) -> Diagnosis:
    failure, words = _SHUT[host.state]
    return Diagnosis(
        failure=failure,
        delivered=False,
        happened=True,
        grade=Grade.WITNESSED,
        sentence=f"{words} {host.name} ({host.address}), which the client was seen to ask for a connection",
        server=host.name,
        address=host.address,
        stage="connect",
    )


def _without_host(entries: Sequence[Entry], demands: Demands) -> Diagnosis:
    """No connection was made and none could have failed unseen: the look-up decides, or the domain's policy."""
    if (domain := null_mx(entries)) is not None:
        return _look_up(Failure.NO_MAIL_SERVICE, f"{domain} says that it takes no mail (null MX)")
    if (passed_over := demands.diagnosis_without_host()) is not None:
        return passed_over
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
