"""What the name server's side of a journal tells: which hosts the client was led to, and where that failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from fake_servers.journal import AnswerSent, AnswerWithheld, Entry, PortOpened, QueryReceived


@dataclass(frozen=True, slots=True)
class KnownHost:
    """A host of the world, and how its port answers."""

    name: str
    address: str
    state: str


def hosts_of(entries: Sequence[Entry]) -> tuple[KnownHost, ...]:
    """All hosts, in the order in which they were opened."""
    return tuple(
        KnownHost(one.server, one.fact.address, one.fact.state) for one in entries if isinstance(one.fact, PortOpened)
    )


def led_to(entries: Sequence[Entry]) -> tuple[KnownHost, ...]:
    """The hosts whose addresses were handed out, in the order in which a right client tries them (RFC 5321 5.1)."""
    by_address = {one.address: one for one in hosts_of(entries)}
    answers = [one.fact for one in entries if isinstance(one.fact, AnswerSent)]
    preference = _preferences(answers)
    found: list[tuple[int, int, KnownHost]] = []
    for place, answer in enumerate(answers):
        for record in answer.records:
            kind, _, data = record.partition(" ")
            if kind in ("A", "AAAA") and data in by_address:
                found.append((preference.get(answer.name, 0), place, by_address[data]))
    ordered = [host for _, _, host in sorted(found, key=lambda one: one[:2])]
    return tuple(dict.fromkeys(ordered))


def null_mx(entries: Sequence[Entry]) -> str | None:
    """The domain that said it takes no mail (RFC 7505), where one did."""
    for one in entries:
        if isinstance(one.fact, AnswerSent) and one.fact.records == ("MX 0 .",):
            return one.fact.name
    return None


def look_up_failure(entries: Sequence[Entry]) -> str | None:
    """What was wrong with the last answer that brought nothing, as a sentence; None: every answer brought something."""
    bad: list[tuple[str, str]] = []
    for one in entries:
        match one.fact:
            case AnswerWithheld(name=name, type=kind):
                bad.append((kind, f"the question for {name} {kind} was never answered"))
            case AnswerSent(name=name, type=kind, rcode="MALFORMED"):
                bad.append((kind, f"the question for {name} {kind} was answered with bytes that nobody can read"))
            case AnswerSent(name=name, type=kind, rcode="MISMATCHED"):
                bad.append((kind, f"the question for {name} {kind} got an answer to another question"))
            case AnswerSent(name=name, type=kind, rcode="TRUNCATED"):
                bad.append((kind, f"the question for {name} {kind} was answered with the word that it does not fit"))
            case AnswerSent(name=name, type=kind, rcode=rcode) if rcode != "NOERROR":
                bad.append((kind, f"the question for {name} {kind} was answered with {rcode}"))
            case AnswerSent(name=name, type=kind, records=()):
                bad.append((kind, f"the question for {name} {kind} was answered without any data"))
            case AnswerSent(name=name, type=kind, records=records) if not any(
                record.startswith(f"{kind} ") for record in records
            ):
                bad.append((kind, f"the question for {name} {kind} was answered with aliases that lead nowhere"))
    telling = [sentence for kind, sentence in bad if kind != "AAAA"] or [sentence for _, sentence in bad]
    return telling[-1] if telling else None


def asked_anything(entries: Sequence[Entry]) -> bool:
    """Whether any question came in."""
    return any(isinstance(one.fact, QueryReceived) for one in entries)


def _preferences(answers: Sequence[AnswerSent]) -> dict[str, int]:
    """Place of each MX target in the order of preference, from 0."""
    named: list[tuple[int, str]] = []
    for answer in answers:
        for record in answer.records:
            words = record.split()
            if words[0] == "MX" and len(words) == 3 and words[1].isdigit():
                named.append((int(words[1]), words[2].lower()))
    return {name: place for place, (_, name) in enumerate(sorted(set(named)))}
