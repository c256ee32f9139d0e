"""Coverage: the faults of a scenario that never acted. It can refuse a pass, and never grants one. Pure."""

from collections.abc import Iterator, Sequence

from mailfault.diagnosis.addresses import normal_address
from mailfault.diagnosis.evidence import Evidence
from mailfault.scenario.model import POLICY_HOST, Scenario
from mailfault_servers.facts import AnswerSent, ConnectionAsked, FaultActed, PacketsLost, PortOpened
from mailfault_servers.fault import Fault, all_faults
from mailfault_servers.journal import Entry


def untriggered_faults(scenario: Scenario, entries: Sequence[Entry]) -> tuple[str, ...]:
    """List the ids of the faults that never acted on this client, in the scenario's order.

    A port is shut from the start of the world: that counts once the client reached for it. A fault that loses packets
    counts once one was lost.
    """
    acted = _faults_acted(entries)
    lossy = {entry.server for entry in entries if isinstance(entry.fact, PacketsLost)}
    deliveries = {entry.attempt for entry in entries} or {1}
    required = [(server, fault) for server, fault in _faults_of(scenario) if _is_required(fault, deliveries)]
    return tuple(
        fault.id
        for server, fault in required
        if (server, fault.id) not in acted or (fault.loses_packets and server not in lossy)
    )


def _faults_acted(entries: Sequence[Entry]) -> frozenset[tuple[str, str]]:
    """Collect the servers and ids of the faults that acted on this client.

    A fault that shuts several addresses acted on a client that reached for each of them (RFC 5321 5.1).
    """
    reached = _reached(entries)
    missed = {
        (entry.server, entry.fact.fault)
        for entry in entries
        if isinstance(entry.fact, FaultActed) and entry.fact.at == "connect" and not _is_reached(entry, reached)
    }
    lossy = {fault.id for fault in all_faults().values() if fault.loses_packets}
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
