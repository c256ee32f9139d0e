"""Coverage: the faults of a scenario that acted or did not. It can refuse a pass, and never grants one. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from mailfault.contract import Policy
from mailfault.diagnosis.addresses import normal_address
from mailfault.diagnosis.evidence import Evidence
from mailfault.scenario.model import POLICY_HOST, Scenario
from mailfault_servers.facts import (
    AnswerSent,
    CertificatePresented,
    ConnectionAsked,
    Fact,
    FaultActed,
    HttpResponded,
    PacketsLost,
    PortOpened,
)
from mailfault_servers.fault import Fault
from mailfault_servers.journal import Entry

_SPOILED: Mapping[str, type[Fact]] = {"tls": CertificatePresented, "https": HttpResponded}
"""The fact that a fault of each layer changes."""
_RECORDS = {Policy.DANE: "TLSA", Policy.MTA_STS: "TXT"}


def untriggered_faults(scenario: Scenario, entries: Sequence[Entry]) -> tuple[str, ...]:
    """List the ids of the faults that never acted on this client, in the scenario's order.

    A port is shut from the start of the world: that counts once the client reached for it. A fault that loses packets
    counts once one was lost.
    """
    acted = _faults_acted(scenario, entries)
    lossy = {entry.server for entry in entries if isinstance(entry.fact, PacketsLost)}
    deliveries = {entry.attempt for entry in entries} or {1}
    required = [(server, fault) for server, fault in _faults_of(scenario) if _is_required(fault, deliveries)]
    return tuple(
        fault.id
        for server, fault in required
        if (server, fault.id) not in acted or (fault.loses_packets and server not in lossy)
    )


def any_fault_met(scenario: Scenario, entries: Sequence[Entry]) -> bool | None:
    """Tell if any fault acted on this client, optional ones included. Return None if the scenario has no fault."""
    faults = {(server, fault.id) for server, fault in _faults_of(scenario)}
    return bool(faults & _faults_acted(scenario, entries)) if faults else None


def is_any_fault_inert(scenario: Scenario, entries: Sequence[Entry]) -> bool:
    """Check whether a fault did not act although its server gave the client what the fault is there to spoil.

    Then the harness is at fault, and the client had no chance to see it.
    """
    untriggered = untriggered_faults(scenario, entries)
    return any(
        fault.id in untriggered
        and _was_served(fault, [entry.fact for entry in entries if entry.server == server], scenario.connector.policy)
        for server, fault in _faults_of(scenario)
    )


def _was_served(fault: Fault, facts: Sequence[Fact], policies: Sequence[Policy]) -> bool:
    """Check whether a server told honestly what the fault would have changed.

    A DNS fault without a type may concern any of the records that the policies rest on: all have to be asked for.
    """
    if fault.layer != "dns":
        spoiled = _SPOILED.get(fault.layer)
        return spoiled is not None and any(isinstance(fact, spoiled) for fact in facts)
    from mailfault_servers.dns.query import DnsFault  # here, for it imports dnslib

    if not isinstance(fault, DnsFault):
        return False
    asked = {fact.type for fact in facts if isinstance(fact, AnswerSent) and fault.concerns(fact.name, fact.type)}
    return bool(asked) and set(fault.type or [_RECORDS[policy] for policy in policies]) <= asked


def _faults_acted(scenario: Scenario, entries: Sequence[Entry]) -> frozenset[tuple[str, str]]:
    """Collect the servers and ids of the faults that acted on this client.

    A fault that shuts several addresses acted on a client that reached for each of them (RFC 5321 5.1).
    """
    reached = _reached(entries)
    missed = {
        (entry.server, entry.fact.fault)
        for entry in entries
        if isinstance(entry.fact, FaultActed) and entry.fact.at == "connect" and not _is_reached(entry, reached)
    }
    lossy = {fault.id for _, fault in _faults_of(scenario) if fault.loses_packets}
    return frozenset(
        (entry.server, entry.fact.fault)
        for entry in entries
        if isinstance(entry.fact, FaultActed)
        and (entry.fact.at != "connect" or _is_reached(entry, reached))
        and (entry.fact.fault in lossy or (entry.server, entry.fact.fault) not in missed)
    )


def _is_reached(acted: Entry, reached: frozenset[tuple[str, str]]) -> bool:
    """Check the address of a port fault; a journal of an earlier version names the host alone."""
    assert isinstance(acted.fact, FaultActed)
    if acted.fact.address is None:
        return any(server == acted.server for server, _ in reached)
    return (acted.server, normal_address(acted.fact.address)) in reached


def _faults_of(scenario: Scenario) -> Iterator[tuple[str, Fault]]:
    """List the faults of a scenario with the servers at which they act."""
    yield from (("dns", fault) for fault in scenario.dns.faults)
    if scenario.sts is not None:
        yield from ((POLICY_HOST, fault) for fault in scenario.sts.faults)
    yield from ((host.name, fault) for host in scenario.host for fault in host.faults)


def _is_required(fault: Fault, deliveries: set[int]) -> bool:
    return not fault.optional and (fault.attempts is None or bool(deliveries & set(fault.attempts)))


def _reached(entries: Sequence[Entry]) -> frozenset[tuple[str, str]]:
    """Collect the hosts and addresses to which a SYN was seen or, on an unwatched wire, that the client was given."""
    evidence = Evidence.of(entries)
    if evidence.packets.is_watched:
        return frozenset(
            (entry.server, normal_address(entry.fact.address))
            for entry in entries
            if isinstance(entry.fact, ConnectionAsked)
        )
    answered = {entry.fact.name for entry in entries if isinstance(entry.fact, AnswerSent) and entry.fact.records}
    policy_hosts = frozenset(
        (entry.server, normal_address(entry.fact.address))
        for entry in entries
        if isinstance(entry.fact, PortOpened) and entry.fact.service == "https" and entry.server in answered
    )
    return frozenset((host.name, normal_address(host.address)) for host in evidence.resolved) | policy_hosts
