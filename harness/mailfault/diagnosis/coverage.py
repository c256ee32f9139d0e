"""Whether the faults of a scenario were met at all. Used to refuse a pass, never to grant one."""

from collections.abc import Sequence

from mailfault.diagnosis.dns_lookups import led_to
from mailfault.diagnosis.packets import is_watched
from mailfault.diagnosis.policy_records import policy_hosts
from mailfault.scenario.model import Scenario
from mailfault.world.mta_sts import POLICY_HOST
from mailfault_servers.facts import AnswerSent, ConnectionAsked, FaultActed, PacketsLost
from mailfault_servers.journal import Entry


def unmet_faults(scenario: Scenario, entries: Sequence[Entry]) -> tuple[str, ...]:
    """The ids of those faults, in the scenario's order, that never acted on this client.

    A port that is shut is so from the start of the world: it counts once a SYN for it was seen, or, where nobody
    watches the wire, once its address was handed out. What loses packets counts once one was lost.
    """
    if is_watched(entries):
        reachable = {entry.server for entry in entries if isinstance(entry.fact, ConnectionAsked)}
    else:
        reachable = {host.name for host in led_to(entries)} | _policy_hosts_named(entries)
    acted = {
        (entry.server, entry.fact.fault)
        for entry in entries
        if isinstance(entry.fact, FaultActed) and (entry.fact.at != "connect" or entry.server in reachable)
    }
    lossy = {entry.server for entry in entries if isinstance(entry.fact, PacketsLost)}
    attempts = {entry.attempt for entry in entries} or {1}
    due = [("dns", one) for one in scenario.dns.faults]
    due += [(POLICY_HOST, one) for one in (scenario.sts.faults if scenario.sts is not None else ())]
    due += [(host.name, one) for host in scenario.host for one in host.faults]
    return tuple(
        one.id
        for server, one in due
        if ((server, one.id) not in acted or (one.loses_packets and server not in lossy))
        and not one.optional
        and (one.attempts is None or attempts & set(one.attempts))
    )


def _policy_hosts_named(entries: Sequence[Entry]) -> frozenset[str]:
    """The policy hosts whose addresses were handed out."""
    answered = {one.fact.name for one in entries if isinstance(one.fact, AnswerSent) and one.fact.records}
    return policy_hosts(entries) & answered
