"""DNS look-ups of one delivery: the answers that a careful resolver accepts, and the hosts they resolve to. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailfault.diagnosis.addresses import normal_address
from mailfault.diagnosis.ports import Port
from mailfault_servers.facts import AnswerSent, AnswerWithheld, QueryReceived
from mailfault_servers.network import UNROUTABLE

DnsFact = QueryReceived | AnswerSent | AnswerWithheld
_UNREADABLE = ("MALFORMED", "MISMATCHED")
"""Answers that a careful resolver ignores: it goes on listening."""
_NO_HOST = ("A 0.0.0.0", "AAAA ::")
"""Addresses that no host has (RFC 6890)."""
_AFTER_IPV6 = 1000
"""Added to the place of an IPv4 address."""


@dataclass(frozen=True, slots=True)
class AcceptedAnswer:
    """The first readable answer to a pending query."""

    number: int
    """Number of the journal's entry."""
    fact: AnswerSent

    @property
    def is_usable(self) -> bool:
        """True if a client may act on it: an error or a truncated answer resolves nothing."""
        return self.fact.rcode == "NOERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsLookups:
    """The queries of one delivery and their outcomes."""

    answers: tuple[AcceptedAnswer, ...]
    """In order. Answers without a pending query are unsolicited (RFC 5452 9.1), and left out."""
    outcomes: tuple[DnsFact, ...]
    """The last event of each question, in the order of these events."""
    any_query: bool

    @classmethod
    def of(cls, facts: Iterable[tuple[int, DnsFact]]) -> "DnsLookups":
        """Parse numbered DNS facts, in order."""
        pending: set[tuple[str, str]] = set()
        answered: set[tuple[str, str]] = set()
        answers: list[AcceptedAnswer] = []
        outcomes: dict[tuple[str, str], DnsFact] = {}
        any_query = False
        for number, fact in facts:
            question = fact.name, fact.type
            if isinstance(fact, QueryReceived):
                any_query = True
                pending.add(question)
                answered.discard(question)
            elif isinstance(fact, AnswerSent) and fact.rcode not in _UNREADABLE:
                if question not in pending:
                    continue
                pending.discard(question)
                answered.add(question)
                answers.append(AcceptedAnswer(number, fact))
            elif isinstance(fact, AnswerSent) and question in answered:
                continue
            outcomes.pop(question, None)
            outcomes[question] = fact
        return cls(answers=tuple(answers), outcomes=tuple(outcomes.values()), any_query=any_query)

    @property
    def usable_answers(self) -> tuple[AcceptedAnswer, ...]:
        return tuple(answer for answer in self.answers if answer.is_usable)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedHost:
    """A host whose address the client was given, and how its port answers."""

    name: str
    address: str
    state: str
    preference: int
    """Preference of the MX record that names it, lowest first; 0 without an MX record."""
    place: int
    """Place of its address among the host's, as a right client tries them: IPv6 first (RFC 6724), then as listed."""
    resolved_at: int
    """Number of the entry that first gave its address."""


def resolved_hosts(lookups: DnsLookups, ports: Sequence[Port]) -> tuple[ResolvedHost, ...]:
    """List the hosts whose addresses were given, in the order in which a right client tries them (RFC 5321 5.1)."""
    by_address = {normal_address(port.address): port for port in ports}
    usable = lookups.usable_answers
    preferences = _preferences(usable)
    found = [host for answer in usable for host in _hosts_in(answer, by_address, preferences)]
    first_resolved: dict[str, int] = {}
    for host in found:
        first_resolved[host.name] = min(host.resolved_at, first_resolved.get(host.name, host.resolved_at))
    ordered: dict[tuple[str, str], ResolvedHost] = {}
    for host in sorted(found, key=lambda host: (host.preference, first_resolved[host.name], host.place)):
        ordered.setdefault((host.name, host.address), host)
    return tuple(ordered.values())


def _hosts_in(
    answer: AcceptedAnswer, by_address: Mapping[str, Port], preferences: Mapping[str, int]
) -> Iterator[ResolvedHost]:
    for index, record in enumerate(answer.fact.records):
        kind, _, address = record.partition(" ")
        port = _port_at(address, answer.fact.name, by_address) if kind in ("A", "AAAA") else None
        if port is not None:
            yield ResolvedHost(
                name=port.host,
                address=port.address,
                state=port.state,
                preference=preferences.get(answer.fact.name, 0),
                place=index if kind == "AAAA" else _AFTER_IPV6 + index,
                resolved_at=answer.number,
            )


def _port_at(address: str, name: str, by_address: Mapping[str, Port]) -> Port | None:
    """Find the port at an address. Nothing routes to the broadcast address of loopback (ENETUNREACH)."""
    if address == UNROUTABLE:
        return Port(name, address, "unreachable")
    return by_address.get(normal_address(address))


def named_hosts(lookups: DnsLookups, resolved: Sequence[ResolvedHost]) -> tuple[str, ...]:
    """List the names in MX answers, most preferred first; without MX answers, the resolved hosts."""
    preferences = _preferences(lookups.usable_answers)
    return tuple(sorted(preferences, key=preferences.__getitem__)) or tuple(host.name for host in resolved)


def null_mx(lookups: DnsLookups) -> str | None:
    """Find a domain that accepts no mail (RFC 7505). Return None if there is none."""
    for answer in lookups.usable_answers:
        targets = [record.split()[-1] for record in answer.fact.records if record.startswith("MX ")]
        if targets and set(targets) == {"."}:
            return answer.fact.name
    return None


def lookup_failure(lookups: DnsLookups) -> str | None:
    """Describe the last look-up that brought nothing. Return None if every look-up brought something.

    A host that has an IPv4 address needs no IPv6 address.
    """
    has_ipv4: set[str] = set()
    failed: list[tuple[DnsFact, str]] = []
    for fact in lookups.outcomes:
        problem = None if _is_about_policy(fact) else _problem(fact)
        if problem is not None:
            failed.append((fact, problem))
        elif fact.type == "A":
            has_ipv4.add(fact.name)
    needed = [problem for fact, problem in failed if fact.type != "AAAA"]
    extra = [problem for fact, problem in failed if fact.type == "AAAA" and fact.name not in has_ipv4]
    return next(reversed(needed or extra), None)


def _problem(fact: DnsFact) -> str | None:
    """Describe why a look-up brought nothing. Return None if it brought something."""
    question = f"the question for {fact.name} {fact.type}"
    match fact:
        case QueryReceived():
            return f"{question} was not answered in time"
        case AnswerWithheld():
            return f"{question} was never answered"
        case AnswerSent(rcode="NOERROR"):
            problem = _problem_of_records(fact)
            return f"{question} was answered {problem}" if problem is not None else None
        case AnswerSent(rcode="MALFORMED"):
            return f"{question} was answered with bytes that nobody can read"
        case AnswerSent(rcode="MISMATCHED"):
            return f"{question} got an answer to another question"
        case AnswerSent(rcode="TRUNCATED"):
            return f"{question} was answered with the word that it does not fit"
        case AnswerSent():
            return f"{question} was answered with {fact.rcode}"


def _problem_of_records(answer: AnswerSent) -> str | None:
    if not answer.records:
        return "without any data"
    if not any(record.startswith(f"{answer.type} ") for record in answer.records):
        return "with aliases that lead nowhere"
    if all(record in _NO_HOST for record in answer.records):
        return "with the address of nobody"
    return None


def _is_about_policy(fact: DnsFact) -> bool:
    """True for a question about a policy of the domain: its failure loses no host."""
    return fact.type == "TLSA" or fact.name.startswith(("_mta-sts.", "mta-sts."))


def _preferences(answers: Iterable[AcceptedAnswer]) -> dict[str, int]:
    """Map each MX target to its preference, the lowest if it is named twice."""
    preferences: dict[str, int] = {}
    for answer in answers:
        for record in answer.fact.records:
            words = record.split()
            if words and words[0] == "MX" and len(words) == 3 and words[1].isdigit():
                name, preference = words[2].lower(), int(words[1])
                preferences[name] = min(preference, preferences.get(name, preference))
    return preferences
