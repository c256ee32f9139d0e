"""Many scenarios at once, each with its control, as a stream of events.

Each scenario is played in a world of its own by a worker thread; the servers of all worlds share one loop. Events come
out in the order in which scenarios end; reports put them in order.
"""

import os
import queue
import shlex
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from mailfault.clients import open_client
from mailfault.clients.client import Client
from mailfault.codes.code_map import CodeMap
from mailfault.codes.code_maps import find_code_map
from mailfault.codes.explanation import explain
from mailfault.codes.failure import Failure
from mailfault.contract import Answered
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.events import Ending, RunEvent, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted
from mailfault.judging.verdict import Verdict
from mailfault.play.play import Play, PlayedMessage, RunOptions, broken_by, play
from mailfault.scenario.model import Scenario

DEFAULT_JOBS = 16
"""Scenarios played at once: nearly all of their time is waiting for limits to pass."""


class _Controls:
    """Each distinct world without faults is played once a client, however many scenarios have it for their control."""

    def __init__(self, options: RunOptions, code_map: CodeMap) -> None:
        self._options = replace(options, captures=None)  # the packets that are kept are the scenario's own
        self._code_map = code_map
        self._lock = threading.Lock()
        self._played: dict[tuple[str, str], Future[Verdict]] = {}

    def verdict(self, scenario: Scenario, client: Client) -> tuple[Verdict, bool]:
        """The control's verdict, and whether it was played just now."""
        control = scenario.control()
        key = (
            client.spec,
            repr((control.connector, control.dns, control.sts, [one.model_dump() for one in control.host])),
        )
        with self._lock:
            future = self._played.get(key)
            mine = future is None
            if future is None:
                future = self._played[key] = Future()
        if mine:
            try:
                future.set_result(self._play(control, client))
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result(), mine

    def _play(self, control: Scenario, client: Client) -> Verdict:
        played = play(control, client, self._code_map, self._options).verdict
        if not played.ending.is_shortfall or played.ending is Ending.BROKEN:
            return played
        reference = open_client("reference")
        witness = play(control, reference, self._code_map, self._options).verdict
        reference.close()
        if witness.ending is not Ending.PASSED:
            return broken_by(
                RuntimeError(f"the control does not deliver even with the reference client: {witness.sentence}")
            )
        return played


def play_once(scenario: Scenario, client: Client, options: RunOptions) -> ScenarioFinished:
    """Play one scenario, control first, and tell all about it."""
    code_map = find_code_map(options.profile)
    return _play_with_control(scenario, client, code_map, options, _Controls(options, code_map))


def _play_with_control(
    scenario: Scenario, client: Client, code_map: CodeMap, options: RunOptions, controls: _Controls
) -> ScenarioFinished:
    began_s = options.clock.elapsed_s()
    played = play(scenario, client, code_map, options)
    control: str | None = None
    is_control = not scenario.faults
    if options.control and not is_control and played.verdict.ending is not Ending.UNSUPPORTED:
        verdict, now = controls.verdict(scenario, client)
        control = str(verdict.ending) if now else None
        if verdict.ending.is_shortfall and verdict.ending.rank > played.verdict.ending.rank:
            played = Play(
                verdict=_without_fault(verdict, played.verdict),
                diagnosis=played.diagnosis,
                ended=played.ended,
                entries=played.entries,
                messages=played.messages,
                plays=played.plays,
            )
    repeat = repeat_command(scenario, client, options)
    return _finished(scenario, client, played, control, repeat, options.clock.elapsed_s() - began_s)


def _without_fault(control: Verdict, verdict: Verdict) -> Verdict:
    """A client that cannot do it without the fault has shown nothing about the fault."""
    return Verdict(
        ending=control.ending,
        sentence=f"without the fault, too, the client falls short: {control.sentence}",
        expected=verdict.expected,
        happened=verdict.happened,
        said=verdict.said,
    )


def _finished(
    scenario: Scenario, client: Client, played: Play, control: str | None, repeat: str, duration_s: float
) -> ScenarioFinished:
    diagnosis, verdict = played.diagnosis, played.verdict
    failure = _deciding_failure(scenario, diagnosis)
    explanation = explain(failure) if failure is not None else None
    return ScenarioFinished(
        id=scenario.id,
        client=client.spec,
        title=scenario.title,
        ending=verdict.ending,
        sentence=verdict.sentence,
        expected=verdict.expected,
        happened=verdict.happened,
        said=verdict.said,
        coarser=verdict.coarser,
        due=verdict.due,
        named=verdict.named,
        grade=str(diagnosis.grade) if diagnosis is not None else "",
        duration_s=round(duration_s, 4),
        failure=str(failure) if failure is not None else None,
        meaning=explanation.meaning if explanation is not None else "",
        causes=tuple(explanation.causes) if explanation is not None else (),
        fixes=tuple(explanation.fixes) if explanation is not None else (),
        evidence=diagnosis.sentence if diagnosis is not None else "",
        answer=played.ended.answer.to_json() if isinstance(played.ended, Answered) else None,
        control=control,
        scenario=scenario.to_json(),
        journal=tuple(entry.to_json() for entry in played.entries),
        repeat=repeat,
        seed=scenario.seed,
        plays=played.plays,
        messages=tuple(_told(number, one) for number, one in enumerate(played.messages, start=1))
        if scenario.connector.messages > 1
        else (),
    )


def _told(number: int, one: PlayedMessage) -> dict[str, Any]:
    verdict = one.verdict
    return {
        "number": number,
        "ending": str(verdict.ending),
        "sentence": verdict.sentence,
        "expected": verdict.expected,
        "happened": verdict.happened,
        "said": verdict.said,
        "answer": one.ended.answer.to_json() if isinstance(one.ended, Answered) else None,
    }


def _deciding_failure(scenario: Scenario, diagnosis: Diagnosis | None) -> Failure | None:
    if diagnosis is not None and diagnosis.failure is not None:
        return diagnosis.failure
    return scenario.expect.failure


def repeat_command(scenario: Scenario, client: Client, options: RunOptions) -> str:
    """The command line that plays this again, to be pasted into a shell."""
    further = options.repeat_with.get(scenario.id, ())
    return shlex.join(("mailfault", "run", scenario.id, "--client", client.spec, *further))


def run(
    scenarios: Sequence[Scenario], clients: Sequence[Client], options: RunOptions, *, version: str
) -> Iterator[RunEvent]:
    """Take each client through every scenario. The last event is RunFinished, also when the caller stops early."""
    code_map = find_code_map(options.profile)
    began_s = options.clock.elapsed_s()
    yield RunStarted(
        mailfault=version,
        started_at=options.clock.now().isoformat(timespec="seconds"),
        clients=tuple(client.spec for client in clients),
        client_names=tuple(client.name for client in clients),
        profile=code_map.name,
        scenarios=len(scenarios),
        network=options.networks.described(list(clients)),
    )
    endings: dict[str, int] = {}
    for event in _play_all(scenarios, clients, code_map, options):
        if isinstance(event, ScenarioFinished):
            endings[event.ending] = endings.get(event.ending, 0) + 1
        yield event
    ordered = {str(ending): endings[ending] for ending in Ending if ending in endings}
    duration_s = round(options.clock.elapsed_s() - began_s, 3)
    yield RunFinished(endings=ordered, duration_s=duration_s, exit_status=exit_status(ordered))


def _play_all(
    scenarios: Sequence[Scenario], clients: Sequence[Client], code_map: CodeMap, options: RunOptions
) -> Iterator[RunEvent]:
    events: queue.SimpleQueue[RunEvent | BaseException | None] = queue.SimpleQueue()
    controls = _Controls(options, code_map)
    stop = threading.Event()

    def one(scenario: Scenario, client: Client) -> None:
        if stop.is_set():
            return
        try:
            events.put(ScenarioStarted(id=scenario.id, client=client.spec))
            events.put(_play_with_control(scenario, client, code_map, options, controls))
        except BaseException as error:
            events.put(error)

    pairs = [(scenario, client) for client in clients for scenario in scenarios]
    with ThreadPoolExecutor(options.jobs or default_jobs(), thread_name_prefix="mailfault-play") as pool:
        futures = [pool.submit(one, scenario, client) for scenario, client in pairs]
        try:
            left = len(futures)
            while left:
                event = events.get()
                if isinstance(event, BaseException):
                    raise event
                if isinstance(event, ScenarioFinished):
                    left -= 1
                if event is not None:
                    yield event
        finally:
            stop.set()
            for future in futures:
                future.cancel()


def default_jobs() -> int:
    """How many scenarios to play at once on this machine."""
    return max(DEFAULT_JOBS, 4 * (os.cpu_count() or 1))


def exit_status(endings: Mapping[str, int]) -> int:
    """0: all passed, tolerated or unsupported; 1: the client fell short; 3: the harness did, and nothing follows."""
    met = {Ending(name) for name, count in endings.items() if count}
    if Ending.BROKEN in met:
        return 3
    return 1 if any(ending.is_shortfall for ending in met) else 0
