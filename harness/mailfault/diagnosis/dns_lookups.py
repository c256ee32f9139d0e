"""What the name server's side of a journal tells: which hosts the client was led to, and where that failed."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mailfault_servers.facts import AnswerSent, AnswerWithheld, Fact, PortOpened, QueryReceived
from mailfault_servers.journal import Entry
from mailfault_servers.network import UNROUTABLE

_UNUSABLE = ("MALFORMED", "MISMATCHED")
"""What a careful resolver passes over, to go on listening."""
_NOBODY = ("A 0.0.0.0", "AAAA ::")
"""Addresses that no host has (RFC 6890)."""


@dataclass(frozen=True, slots=True)
class KnownHost:
    """A host of the world, and how its port answers."""

    name: str
    address: str
    state: str
    preference: int = 0
    """Of the MX record that led to it, lowest first; 0 where none did."""
    place: int = 0
    """Of its address, as a right client tries those of one host: IPv6 first (RFC 6724), then as they were told."""
    handed_out: int = 0
    """Number of the entry that first gave its address."""


def same_address(one: str, other: str) -> bool:
    """Whether both are one IP address, however written: in brackets (RFC 5321 4.1.3), IPv4 within IPv6, shortened."""
    return _normal_address(one) == _normal_address(other)


def _normal_address(text: str) -> str:
    bare = text.strip().removeprefix("[").removesuffix("]")
    try:
        found = ipaddress.ip_address(bare[5:] if bare.lower().startswith("ipv6:") else bare)
    except ValueError:
        return text
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def hosts_of(entries: Sequence[Entry]) -> tuple[KnownHost, ...]:
    """All hosts, in the order in which they were opened."""
    return tuple(
        KnownHost(one.server, one.fact.address, one.fact.state)
        for one in entries
        if isinstance(one.fact, PortOpened) and one.fact.service == "smtp"
    )


def led_to(entries: Sequence[Entry]) -> tuple[KnownHost, ...]:
    """The hosts whose addresses were handed out, in the order in which a right client tries them (RFC 5321 5.1)."""
    by_address = {_normal_address(one.address): one for one in hosts_of(entries)}
    answers = [(number, fact) for number, fact in _taken(entries) if _is_usable(fact)]
    preference = _preferences([answer for _, answer in answers])
    found: list[KnownHost] = []
    for number, answer in answers:
        for nth, record in enumerate(answer.records):
            kind, _, data = record.partition(" ")
            if kind in ("A", "AAAA") and (host := _host_at(data, answer.name, by_address)) is not None:
                place = nth if kind == "AAAA" else 1000 + nth
                found.append(replace(host, preference=preference.get(answer.name, 0), place=place, handed_out=number))
    first: dict[str, int] = {}
    for host in found:
        first[host.name] = min(host.handed_out, first.get(host.name, host.handed_out))
    ordered: dict[tuple[str, str], KnownHost] = {}
    for host in sorted(found, key=lambda one: (one.preference, first[one.name], one.place)):
        ordered.setdefault((host.name, host.address), host)
    return tuple(ordered.values())


def _host_at(address: str, name: str, known: Mapping[str, KnownHost]) -> KnownHost | None:
    """Who lives at an address; the broadcast address of loopback leads nowhere, whoever bears it (ENETUNREACH)."""
    if address == UNROUTABLE:
        return KnownHost(name, address, "unreachable")
    return known.get(_normal_address(address))


def named_hosts(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The names that MX answers point to, most preferred first; where there were none, the hosts that were led to."""
    named = _preferences([fact for _, fact in _taken(entries) if _is_usable(fact)])
    return tuple(sorted(named, key=lambda name: named[name])) or tuple(one.name for one in led_to(entries))


def null_mx(entries: Sequence[Entry]) -> str | None:
    """The domain that said it takes no mail (RFC 7505), where one did."""
    for _, answer in _taken(entries):
        targets = [record.split()[-1] for record in answer.records if record.startswith("MX ")]
        if _is_usable(answer) and targets and set(targets) == {"."}:
            return answer.name
    return None


def look_up_failure(entries: Sequence[Entry]) -> str | None:
    """What was wrong with the last answer that brought nothing, as a sentence; None: every answer brought something."""
    latest: dict[tuple[str, str], str | None] = {}  # a question may be put again: its last answer is the one it has
    answered: set[tuple[str, str]] = set()
    taken = {number for number, _ in _taken(entries)}
    for one in entries:
        match one.fact:
            case fact if _is_about_policy(fact):
                continue
            case QueryReceived(name=name, type=kind):
                answered.discard((name, kind))
                wrong: str | None = f"the question for {name} {kind} was not answered in time"
            case AnswerSent(name=name, type=kind, rcode=rcode) as fact if one.number in taken or rcode in _UNUSABLE:
                if (name, kind) in answered:
                    continue  # it comes to nobody: nothing was asked since
                if one.number in taken:
                    answered.add((name, kind))
                wrong = _what_was_wrong(fact)
            case AnswerWithheld(name=name, type=kind) as fact:
                wrong = _what_was_wrong(fact)
            case _:
                continue
        latest.pop((name, kind), None)
        latest[name, kind] = wrong
    works = {name for (name, kind), wrong in latest.items() if kind == "A" and wrong is None}
    bad = [(kind, wrong) for (name, kind), wrong in latest.items() if wrong and not (kind == "AAAA" and name in works)]
    telling = [wrong for kind, wrong in bad if kind != "AAAA"] or [wrong for _, wrong in bad]
    return telling[-1] if telling else None


def _taken(entries: Sequence[Entry]) -> list[tuple[int, AnswerSent]]:
    """The answers that a careful resolver takes, with their numbers: the first to each question that it can read and
    that answers it. Whatever comes after that comes to nobody (RFC 5452 9.1)."""
    open_questions: set[tuple[str, str]] = set()
    found: list[tuple[int, AnswerSent]] = []
    for one in entries:
        match one.fact:
            case QueryReceived(name=name, type=kind):
                open_questions.add((name, kind))
            case AnswerSent(name=name, type=kind, rcode=rcode) as answer if rcode not in _UNUSABLE:
                if (name, kind) in open_questions:
                    open_questions.discard((name, kind))
                    found.append((one.number, answer))
    return found


def _what_was_wrong(fact: AnswerSent | AnswerWithheld) -> str | None:
    asked = f"the question for {fact.name} {fact.type}"
    match fact:
        case AnswerWithheld():
            return f"{asked} was never answered"
        case AnswerSent(rcode="MALFORMED"):
            return f"{asked} was answered with bytes that nobody can read"
        case AnswerSent(rcode="MISMATCHED"):
            return f"{asked} got an answer to another question"
        case AnswerSent(rcode="TRUNCATED"):
            return f"{asked} was answered with the word that it does not fit"
        case AnswerSent(rcode=rcode) if rcode != "NOERROR":
            return f"{asked} was answered with {rcode}"
        case AnswerSent(records=()):
            return f"{asked} was answered without any data"
        case AnswerSent(records=records) if not any(record.startswith(f"{fact.type} ") for record in records):
            return f"{asked} was answered with aliases that lead nowhere"
        case AnswerSent(records=records) if all(record in _NOBODY for record in records):
            return f"{asked} was answered with the address of nobody"
    return None


def _is_about_policy(answer: Fact) -> bool:
    """Whether the question was for a policy of the domain: where that fails, no host is lost by it."""
    if not isinstance(answer, QueryReceived | AnswerSent | AnswerWithheld):
        return False
    return answer.type == "TLSA" or answer.name.startswith(("_mta-sts.", "mta-sts."))


def _is_usable(answer: AnswerSent) -> bool:
    """Whether a client may act on it: an answer that is broken, cut off or another question's leads nowhere."""
    return answer.rcode == "NOERROR"


def asked_anything(entries: Sequence[Entry]) -> bool:
    """Whether any question came in."""
    return any(isinstance(one.fact, QueryReceived) for one in entries)


def _preferences(answers: Sequence[AnswerSent]) -> dict[str, int]:
    """Preference of each MX target, the lowest where it is named twice."""
    named: dict[str, int] = {}
    for answer in answers:
        for record in answer.records:
            words = record.split()
            if words and words[0] == "MX" and len(words) == 3 and words[1].isdigit():
                name = words[2].lower()
                named[name] = min(int(words[1]), named.get(name, int(words[1])))
    return named
