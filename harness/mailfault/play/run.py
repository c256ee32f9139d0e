"""Many scenarios at once, each with its control, as a stream of events.

Each scenario is played in a world of its own by a worker thread; the servers of all worlds share one loop. Events come
out in the order in which scenarios end; reports sort them.
"""

import os
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from mailfault.clients.client import Client
from mailfault.clients.software import software_of
from mailfault.codes.code_map import CodeMap
from mailfault.codes.code_maps import find_code_map
from mailfault.events import Ending, RunEvent, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted
from mailfault.play.control import Controls, play_with_control
from mailfault.play.finished import scenario_finished
from mailfault.play.options import RunOptions
from mailfault.scenario.model import Scenario
from mailfault.world.plan import WorldPlan, plan_world

DEFAULT_JOBS = 16
"""Scenarios played at once: nearly all of their time is waiting for limits to pass."""


def run_scenario(scenario: Scenario, client: Client, options: RunOptions) -> ScenarioFinished:
    """Play one scenario and its control; return the event that reports it."""
    code_map = find_code_map(options.profile)
    return _run_plan(plan_world(scenario, options.limits), client, code_map, options, Controls(options, code_map))


def _run_plan(
    plan: WorldPlan, client: Client, code_map: CodeMap, options: RunOptions, controls: Controls
) -> ScenarioFinished:
    began_s = options.clock.elapsed_s()
    result, control = play_with_control(plan, client, code_map, options, controls)
    duration_s = options.clock.elapsed_s() - began_s
    return scenario_finished(plan.scenario, client, result, control=control, options=options, duration_s=duration_s)


def run(
    scenarios: Sequence[Scenario], clients: Sequence[Client], options: RunOptions, *, version: str
) -> Iterator[RunEvent]:
    """Take each client through every scenario. The last event is RunFinished, unless the caller stops early."""
    code_map = find_code_map(options.profile)
    began_s = options.clock.elapsed_s()
    plans = [plan_world(scenario, options.limits) for scenario in scenarios]
    yield RunStarted(
        mailfault=version,
        started_at=options.clock.now().isoformat(timespec="seconds"),
        clients=tuple(client.spec for client in clients),
        client_names=tuple(client.name for client in clients),
        software=tuple(software_of(client) for client in clients),
        profile=code_map.name,
        scenarios=len(scenarios),
        network=options.networks.described(list(clients), needs_link=any(plan.needs_link for plan in plans)),
    )
    endings: dict[str, int] = {}
    for event in _run_all(plans, clients, code_map, options):
        if isinstance(event, ScenarioFinished):
            endings[event.ending] = endings.get(event.ending, 0) + 1
        yield event
    ordered = {str(ending): endings[ending] for ending in Ending if ending in endings}
    duration_s = round(options.clock.elapsed_s() - began_s, 3)
    yield RunFinished(endings=ordered, duration_s=duration_s, exit_status=exit_status(ordered))


def _run_all(
    plans: Sequence[WorldPlan], clients: Sequence[Client], code_map: CodeMap, options: RunOptions
) -> Iterator[RunEvent]:
    events: queue.SimpleQueue[RunEvent | BaseException] = queue.SimpleQueue()
    controls = Controls(options, code_map)
    stop = threading.Event()

    def work(plan: WorldPlan, client: Client) -> None:
        if stop.is_set():
            return
        try:
            events.put(ScenarioStarted(id=plan.scenario.id, client=client.spec))
            events.put(_run_plan(plan, client, code_map, options, controls))
        except BaseException as error:
            events.put(error)

    with ThreadPoolExecutor(options.jobs or default_jobs(), thread_name_prefix="mailfault-play") as pool:
        futures = [pool.submit(work, plan, client) for client in clients for plan in plans]
        try:
            left = len(futures)
            while left:
                event = events.get()
                if isinstance(event, BaseException):
                    raise event
                if isinstance(event, ScenarioFinished):
                    left -= 1
                yield event
        finally:
            stop.set()
            for future in futures:
                future.cancel()


def default_jobs() -> int:
    """Return the number of scenarios to play at once on this machine."""
    return max(DEFAULT_JOBS, 4 * (os.cpu_count() or 1))


def exit_status(endings: Mapping[str, int]) -> int:
    """Return the exit status for these counts of endings.

    0: all passed, tolerated or unsupported. 1: the client fell short. 3: the harness failed, which concludes nothing.
    """
    seen = {Ending(name) for name, count in endings.items() if count}
    if Ending.BROKEN in seen:
        return 3
    return 1 if any(ending.is_shortfall for ending in seen) else 0
