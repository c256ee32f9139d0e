"""One scenario, one client: build the world, let the client deliver, and judge."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mailfault.clients.client import Client, for_play
from mailfault.clients.composition import composes
from mailfault.clients.placement import Placement, placement_of
from mailfault.codes.code_map import CodeMap
from mailfault.contract import Declined, DeliveryResult, Hung, Unsupported
from mailfault.diagnosis.coverage import any_fault_met, is_any_fault_inert, untriggered_faults
from mailfault.diagnosis.deliveries import diagnose_messages
from mailfault.events import Ending
from mailfault.judging.combine import combine
from mailfault.judging.judge import judge
from mailfault.judging.message_check import GivenMessage
from mailfault.play.options import RunOptions
from mailfault.play.result import MessageResult, ScenarioResult, broken, without_delivery
from mailfault.scenario.model import Scenario
from mailfault.world.plan import WorldPlan
from mailfault.world.world import World
from mailfault_servers.journal import Entry
from mailfault_servers.network import NetworkLacks

if TYPE_CHECKING:
    from mailfault.clients.sandboxed.sandboxed_client import SandboxedClient


def play(plan: WorldPlan, client: Client, code_map: CodeMap, options: RunOptions) -> ScenarioResult:
    """Play a scenario once. A failure of the harness itself ends as `broken`."""
    try:
        return _play(plan, client, code_map, options)
    except NetworkLacks as error:
        return without_delivery(Ending.UNSUPPORTED, str(error.strerror))
    except Unsupported as refusal:
        return without_delivery(Ending.UNSUPPORTED, str(refusal))
    except Exception as error:  # any other error here is ours: it says nothing about the client
        return broken(error)


def _play(plan: WorldPlan, client: Client, code_map: CodeMap, options: RunOptions) -> ScenarioResult:
    network = options.networks.open_for(client, plan)
    captured = _capture_file(plan.scenario, client, options)
    with (
        World(plan, clock=options.clock, network=network, proxies=options.proxies, capture_file=captured) as world,
        for_play(client) as own,
    ):
        sandboxed = _sandboxed(own, world)
        ends, given = _deliver_all(world, sandboxed or own, options)
        world.settle()
        entries = world.entries()
        processes: tuple[int, ...] = getattr(own, "processes", ())
        cpu_wait_s: float = getattr(sandboxed or own, "cpu_wait_s", 0.0)
    messages = _judge_messages(plan.scenario, entries, ends, given, code_map)
    deciding = _deciding(messages)
    return ScenarioResult(
        verdict=combine([message.verdict for message in messages]),
        diagnosis=deciding.diagnosis,
        ended=deciding.ended,
        entries=entries,
        messages=messages,
        cpu_wait_s=cpu_wait_s,
        processes=processes,
    )


def _sandboxed(client: Client, world: World) -> "SandboxedClient | None":
    """Return a copy of the client inside the world's sandbox. Return None if the client itself can reach the world."""
    if world.target.launcher is None or placement_of(client) is not Placement.REOPENABLE:
        return None
    from mailfault.clients.sandboxed.sandboxed_client import SandboxedClient

    return SandboxedClient(client)


def _deliver_all(world: World, client: Client, options: RunOptions) -> tuple[list[DeliveryResult], list[GivenMessage]]:
    """Deliver each message once, in order, until the client hangs or declines.

    Return the end of each delivery, and its message.
    """
    ends: list[DeliveryResult] = []
    given: list[GivenMessage] = []
    limit_s = deadline_s(world.plan, options)
    for number in range(world.scenario.connector.messages):
        target = world.next_message() if number else world.target
        refusal = client.supports(world.scenario.id, target)
        ends.append(Declined(refusal) if refusal is not None else client.deliver(target, deadline_s=limit_s))
        given.append(GivenMessage(content=target.message, is_composed=composes(client)))
        if isinstance(ends[-1], Declined | Hung):
            break
    return ends, given


def _judge_messages(
    scenario: Scenario,
    entries: Sequence[Entry],
    ends: Sequence[DeliveryResult],
    given: Sequence[GivenMessage],
    code_map: CodeMap,
) -> tuple[MessageResult, ...]:
    digests = [hashlib.sha256(message.content).hexdigest() for message in given]
    diagnoses = diagnose_messages(entries, digests)
    untriggered = untriggered_faults(scenario, entries)
    met, inert = any_fault_met(scenario, entries), is_any_fault_inert(scenario, entries)
    return tuple(
        MessageResult(
            verdict=judge(
                scenario=scenario.of_message(number),
                diagnosis=diagnosis,
                ended=ended,
                code_map=code_map,
                untriggered=untriggered,
                given=message,
                met=met,
                inert=inert,
            ),
            diagnosis=diagnosis,
            ended=ended,
        )
        for number, (diagnosis, ended, message) in enumerate(zip(diagnoses, ends, given, strict=True), start=1)
    )


def _deciding(messages: Sequence[MessageResult]) -> MessageResult:
    deciding = max(messages, key=lambda message: message.verdict.ending.rank)
    if deciding.verdict.ending is Ending.PASSED:
        return next((message for message in messages if message.diagnosis.failure is not None), deciding)
    return deciding


def deadline_s(plan: WorldPlan, options: RunOptions) -> float:
    """Return the seconds after which a client counts as hung: a multiple of each limit, and a margin."""
    if options.deadline_s is not None:
        return options.deadline_s
    limits = plan.limits
    return 4.0 + 4 * limits.dns_s + len(plan.hosts) * (2 * limits.connect_s + 3 * limits.command_s)


def _capture_file(scenario: Scenario, client: Client, options: RunOptions) -> Path | None:
    """Return the file for the captured packets of this scenario and client, or None if they are not kept."""
    if options.captures is None:
        return None
    options.captures.mkdir(parents=True, exist_ok=True)
    return options.captures / f"{re.sub(r'[^A-Za-z0-9.=,-]+', '_', f'{scenario.id}--{client.spec}')[:180]}.pcap"
