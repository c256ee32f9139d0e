"""Many scenarios at once, each with its control, as a stream of events.

Each scenario is played in a world of its own by a worker thread; the servers of all worlds share one loop. Events come
out in the order in which scenarios end; reports put them in order.
"""

import hashlib
import os
import queue
import shlex
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from fake_servers.clock import Clock, SystemClock
from fake_servers.journal import Entry
from fake_servers.loop import longest_pause_s
from fake_servers.network import NoIpv6
from harness.clients import open_client
from harness.clients.client import Client
from harness.codes.explanation import explain
from harness.codes.failure import Failure
from harness.codes.profile import Profile
from harness.codes.profiles import find_profile
from harness.contract import Answered, Declined, Ended, Hung, Limits
from harness.events import RunEvent, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted
from harness.judging.diagnosis import Diagnosis
from harness.judging.judge import judge
from harness.judging.messages import diagnose_messages, whole
from harness.judging.met import unmet_faults
from harness.judging.verdict import Ending, Verdict
from harness.proxies.control import Proxies
from harness.scenario.model import Scenario
from harness.world import World, limits_of

DEFAULT_JOBS = 16
"""Scenarios played at once: nearly all of their time is waiting for limits to pass."""
_PLAYS = 6
"""How often a scenario is played at most, where this machine stood still in it."""
_PAUSE_THAT_COUNTS = 0.3
"""The share of the shortest limit that a pause must take to have disturbed a play."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How to run."""

    profile: str = "microsoft-365"
    jobs: int | None = None
    limits: Limits = field(default_factory=Limits)
    deadline_s: float | None = None
    """How long a client may take for one delivery; None: reckoned from its limits."""
    control: bool = True
    """Play each scenario's control first."""
    proxies: Proxies | None = None
    """The proxies to use; None: those of this process's own server."""
    clock: Clock = field(default_factory=SystemClock)
    repeat_with: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By scenario id: further words of the command that plays it again ("--scenarios", "stories")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedMessage:
    """One message that was delivered in a world, or not, judged by itself."""

    verdict: Verdict
    diagnosis: Diagnosis
    ended: Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What was delivered in one world, judged. Of several messages the one that fared worst decides; where all passed,
    the first that something went wrong with."""

    verdict: Verdict
    diagnosis: Diagnosis | None
    ended: Ended | None
    entries: tuple[Entry, ...]
    messages: tuple[PlayedMessage, ...] = ()
    plays: int = 1
    """How often it was played: more than once where this machine stood still meanwhile."""


def play(scenario: Scenario, client: Client, profile: Profile, options: RunOptions) -> Play:
    """Build the world, let the client deliver, and judge. What fails in the harness itself ends as `broken`.

    While this machine stood still, limits passed that were nobody's fault: such a play is played again, a few times.
    """
    for number in range(1, _PLAYS + 1):
        began_s = time.monotonic()
        played = replace(_play(scenario, client, profile, options), plays=number)
        if longest_pause_s(began_s) < _PAUSE_THAT_COUNTS * _shortest_limit_s(scenario, options.limits):
            break
    return played


def _shortest_limit_s(scenario: Scenario, limits: Limits) -> float:
    own = limits_of(scenario, limits)
    return min(own.connect_s, own.command_s, own.dns_s)


def _play(scenario: Scenario, client: Client, profile: Profile, options: RunOptions) -> Play:
    try:
        with World(scenario, limits=options.limits, clock=options.clock, proxies=options.proxies) as world:
            ends, digests = _deliver_all(world, client, options)
            world.settle()
            entries = world.entries()
        diagnoses = diagnose_messages(entries, digests)
        unmet = unmet_faults(scenario, entries)
        messages = tuple(
            PlayedMessage(
                verdict=judge(
                    scenario=scenario.of_message(number), diagnosis=its, ended=ended, profile=profile, unmet=unmet
                ),
                diagnosis=its,
                ended=ended,
            )
            for number, (its, ended) in enumerate(zip(diagnoses, ends, strict=True), start=1)
        )
    except NoIpv6 as error:
        return Play(verdict=_unplayable(error), diagnosis=None, ended=None, entries=())
    except Exception as error:  # whatever goes wrong here is ours: nothing may be concluded about the client
        return Play(verdict=_broken(error), diagnosis=None, ended=None, entries=())
    deciding = max(messages, key=lambda one: one.verdict.ending.rank)
    if deciding.verdict.ending is Ending.PASSED:
        deciding = next((one for one in messages if one.diagnosis.failure is not None), deciding)
    return Play(
        verdict=whole([one.verdict for one in messages]),
        diagnosis=deciding.diagnosis,
        ended=deciding.ended,
        entries=entries,
        messages=messages,
    )


def _deliver_all(world: World, client: Client, options: RunOptions) -> tuple[list[Ended], list[str]]:
    """Each message once, in order: how it ended for the client, and its digest. What hangs, or declines, ends it."""
    ends: list[Ended] = []
    digests: list[str] = []
    for number in range(world.scenario.connector.messages):
        target = world.next_message() if number else world.target
        declared = client.supports(world.scenario.id, target)
        limit_s = deadline(world.scenario, target.limits, options)
        ends.append(Declined(declared) if declared is not None else client.deliver(target, deadline_s=limit_s))
        digests.append(hashlib.sha256(target.message).hexdigest())
        if isinstance(ends[-1], Declined | Hung):
            break
    return ends, digests


def deadline(scenario: Scenario, limits: Limits, options: RunOptions) -> float:
    """Seconds after which a client counts as hung: every limit that it was given, several times over, and some more."""
    if options.deadline_s is not None:
        return options.deadline_s
    return 4.0 + 4 * limits.dns_s + len(scenario.host) * (2 * limits.connect_s + 3 * limits.command_s)


def _broken(error: Exception) -> Verdict:
    return Verdict(
        ending=Ending.BROKEN,
        sentence=f"the harness itself failed: {type(error).__name__}: {error}",
        expected="",
        happened="",
        said="",
    )


def _unplayable(error: NoIpv6) -> Verdict:
    return Verdict(ending=Ending.UNSUPPORTED, sentence=str(error.strerror), expected="", happened="", said="")


class _Controls:
    """Each distinct world without faults is played once a client, however many scenarios have it for their control."""

    def __init__(self, options: RunOptions, profile: Profile) -> None:
        self._options = options
        self._profile = profile
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
        played = play(control, client, self._profile, self._options).verdict
        if not played.ending.is_shortfall or played.ending is Ending.BROKEN:
            return played
        reference = open_client("reference")
        witness = play(control, reference, self._profile, self._options).verdict
        reference.close()
        if witness.ending is not Ending.PASSED:
            return _broken(
                RuntimeError(f"the control does not deliver even with the reference client: {witness.sentence}")
            )
        return played


def play_once(scenario: Scenario, client: Client, options: RunOptions) -> ScenarioFinished:
    """Play one scenario, control first, and tell all about it."""
    profile = find_profile(options.profile)
    return _play_with_control(scenario, client, profile, options, _Controls(options, profile))


def _play_with_control(
    scenario: Scenario, client: Client, profile: Profile, options: RunOptions, controls: _Controls
) -> ScenarioFinished:
    began_s = options.clock.elapsed_s()
    played = play(scenario, client, profile, options)
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
        ending=str(verdict.ending),
        sentence=verdict.sentence,
        expected=verdict.expected,
        happened=verdict.happened,
        said=verdict.said,
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
    profile = find_profile(options.profile)
    began_s = options.clock.elapsed_s()
    yield RunStarted(
        mailfault=version,
        started_at=options.clock.now().isoformat(timespec="seconds"),
        clients=tuple(client.spec for client in clients),
        client_names=tuple(client.name for client in clients),
        profile=profile.name,
        scenarios=len(scenarios),
        network="loopback",
    )
    endings: dict[str, int] = {}
    for event in _play_all(scenarios, clients, profile, options):
        if isinstance(event, ScenarioFinished):
            endings[event.ending] = endings.get(event.ending, 0) + 1
        yield event
    ordered = {str(ending): endings[ending] for ending in Ending if ending in endings}
    duration_s = round(options.clock.elapsed_s() - began_s, 3)
    yield RunFinished(endings=ordered, duration_s=duration_s, exit_status=exit_status(ordered))


def _play_all(
    scenarios: Sequence[Scenario], clients: Sequence[Client], profile: Profile, options: RunOptions
) -> Iterator[RunEvent]:
    events: queue.SimpleQueue[RunEvent | BaseException | None] = queue.SimpleQueue()
    controls = _Controls(options, profile)
    stop = threading.Event()

    def one(scenario: Scenario, client: Client) -> None:
        if stop.is_set():
            return
        try:
            events.put(ScenarioStarted(id=scenario.id, client=client.spec))
            events.put(_play_with_control(scenario, client, profile, options, controls))
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
