"""Whether the faults of a scenario were met at all. Used to refuse a pass, never to grant one."""

from collections.abc import Sequence

from fake_servers.journal import Entry, FaultActed
from harness.judging.names import led_to
from harness.scenario.model import Scenario


def unmet_faults(scenario: Scenario, entries: Sequence[Entry]) -> tuple[str, ...]:
    """The ids of those faults, in the scenario's order, that never acted on this client.

    A port that is shut is so from the start of the world: it counts once its address was handed out.
    """
    reachable = {host.name for host in led_to(entries)}
    acted = {
        (entry.server, entry.fact.fault)
        for entry in entries
        if isinstance(entry.fact, FaultActed) and (entry.fact.at != "connect" or entry.server in reachable)
    }
    attempts = {entry.attempt for entry in entries} or {1}
    due = [("dns", one) for one in scenario.dns.faults]
    due += [(host.name, one) for host in scenario.host for one in host.faults]
    return tuple(
        one.id
        for server, one in due
        if (server, one.id) not in acted and not one.optional and (one.attempts is None or attempts & set(one.attempts))
    )
