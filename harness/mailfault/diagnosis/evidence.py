"""Evidence: a journal, parsed once. Every rule of the diagnosis is a function of it. Pure.

Each entry goes to the subjects that it bears on, in one pass; each subject parses its own share. The evidence holds no
fault: what a scenario meant must not colour what the servers saw.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mailfault.diagnosis.connections import Connection, connections_of
from mailfault.diagnosis.dns_lookups import DnsFact, DnsLookups, ResolvedHost, resolved_hosts
from mailfault.diagnosis.packets import Packets
from mailfault.diagnosis.policy_records import ObservedPolicies
from mailfault.diagnosis.ports import Port, smtp_ports
from mailfault_servers.facts import (
    AnswerSent,
    AnswerWithheld,
    CertificatePresented,
    ConnectionAccepted,
    ConnectionAsked,
    HttpResponded,
    MessageGiven,
    PacketsLost,
    PolicyCached,
    PortOpened,
    QueryReceived,
    StrayPacket,
    WireWatched,
)
from mailfault_servers.journal import Entry

_DNS = (QueryReceived, AnswerSent, AnswerWithheld)
_NETWORK = (PortOpened, ConnectionAsked, ConnectionAccepted, PacketsLost, StrayPacket, WireWatched)
_POLICY = (PolicyCached, HttpResponded, CertificatePresented)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Observations of one delivery, or of several at once."""

    lookups: DnsLookups
    ports: tuple[Port, ...]
    """SMTP ports, in the order in which they were opened."""
    resolved: tuple[ResolvedHost, ...]
    """Hosts whose addresses the client was given, in the order in which a right client tries them (RFC 5321 5.1)."""
    packets: Packets
    connections: tuple[Connection, ...]
    """Connections to mail hosts, in the order in which they began."""
    policies: ObservedPolicies
    given: MessageGiven | None = None
    """The message that the client was to deliver."""

    @classmethod
    def of(cls, entries: Iterable[Entry], delivery: int | None = None) -> "Evidence":
        """Parse a journal: one of its deliveries, by number from 1, or all of them at once (None)."""
        return _Subjects.of(entries).evidence(delivery)

    @classmethod
    def of_each(cls, entries: Iterable[Entry], deliveries: int) -> "tuple[Evidence, ...]":
        """Parse a journal of several deliveries into the evidence of each."""
        subjects = _Subjects.of(entries)
        return tuple(subjects.evidence(delivery) for delivery in range(1, deliveries + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subjects:
    """The entries of a journal by subject, in order. An entry may bear on several."""

    dns: list[tuple[Entry, DnsFact]]
    network: list[Entry]
    policy: list[Entry]
    sessions: dict[tuple[str, int], list[Entry]]
    """By server and number of the session there."""
    given: dict[int, MessageGiven]
    """By delivery."""

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "_Subjects":
        subjects = cls(dns=[], network=[], policy=[], sessions={}, given={})
        for entry in entries:
            fact = entry.fact
            if isinstance(fact, _DNS):
                subjects.dns.append((entry, fact))
            elif isinstance(fact, _NETWORK):
                subjects.network.append(entry)
            elif isinstance(fact, _POLICY):
                subjects.policy.append(entry)
            elif isinstance(fact, MessageGiven):
                subjects.given[entry.attempt] = fact
            if entry.session is not None:
                subjects.sessions.setdefault((entry.server, entry.session), []).append(entry)
        return subjects

    def evidence(self, delivery: int | None) -> Evidence:
        dns = self._dns_known_in(delivery)
        network = _until(self.network, delivery)
        lookups = DnsLookups.of((entry.number, fact) for entry, fact in dns)
        ports = smtp_ports(network)
        return Evidence(
            lookups=lookups,
            ports=ports,
            resolved=resolved_hosts(lookups, ports),
            packets=Packets.of(network, given=self._given_addresses(), delivery=delivery),
            connections=connections_of(self._mail_sessions(), self._lossy_deliveries(), delivery),
            policies=ObservedPolicies.of([fact for _, fact in dns], _until(self.policy, delivery)),
            given=self.given.get(delivery or max(self.given, default=1)),
        )

    def _dns_known_in(self, delivery: int | None) -> list[tuple[Entry, DnsFact]]:
        """Select the DNS entries of a delivery. A client that asks nothing goes by what it asked last."""
        if delivery is None:
            return self.dns
        asked = [
            entry.attempt for entry, fact in self.dns if isinstance(fact, QueryReceived) and entry.attempt <= delivery
        ]
        latest = max(asked, default=delivery)
        return [(entry, fact) for entry, fact in self.dns if entry.attempt == latest]

    def _given_addresses(self) -> frozenset[str]:
        """Collect the addresses in DNS answers, of all deliveries."""
        return frozenset(
            record.partition(" ")[2]
            for _, fact in self.dns
            if isinstance(fact, AnswerSent)
            for record in fact.records
            if record.startswith(("A ", "AAAA "))
        )

    def _mail_sessions(self) -> dict[tuple[str, int], list[Entry]]:
        """Leave out the policy hosts, which speak HTTPS."""
        policy_hosts = {
            entry.server
            for entry in self.network
            if isinstance(entry.fact, PortOpened) and entry.fact.service == "https"
        }
        return {session: entries for session, entries in self.sessions.items() if session[0] not in policy_hosts}

    def _lossy_deliveries(self) -> frozenset[tuple[str, int]]:
        """Collect the hosts that lost packets, with the delivery."""
        return frozenset((entry.server, entry.attempt) for entry in self.network if isinstance(entry.fact, PacketsLost))


def _until(entries: list[Entry], delivery: int | None) -> list[Entry]:
    return entries if delivery is None else [entry for entry in entries if entry.attempt <= delivery]
