"""One scenario, one client: build the world, let the client deliver, and judge."""

import contextlib
import hashlib
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mailfault.clients.client import Client
from mailfault.clients.placement import Placement, placement_of
from mailfault.clients.sandboxed.sandboxed_client import SandboxedClient
from mailfault.codes.profile import Profile
from mailfault.contract import Declined, DeliveryResult, Hung, Limits, Unsupported
from mailfault.diagnosis.coverage import unmet_faults
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.judging.judge import judge
from mailfault.judging.messages import diagnose_messages, whole
from mailfault.judging.verdict import Ending, Verdict
from mailfault.play.placement import Networks
from mailfault.scenario.model import Scenario
from mailfault.world.proxies.control import Proxies
from mailfault.world.world import World, limits_of, needing_sandbox
from mailfault_servers.clock import Clock, SystemClock
from mailfault_servers.journal import Entry
from mailfault_servers.loop import longest_pause_s
from mailfault_servers.network import NetworkLacks

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
    networks: Networks = field(default_factory=Networks)
    """Where the worlds are: on loopback, or in a sandbox."""
    captures: Path | None = None
    """Folder for the captured packets of each play in a sandbox; None: they are not kept."""
    clock: Clock = field(default_factory=SystemClock)
    repeat_with: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By scenario id: further words of the command that plays it again ("--scenarios", "stories")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedMessage:
    """One message that was delivered in a world, or not, judged by itself."""

    verdict: Verdict
    diagnosis: Diagnosis
    ended: DeliveryResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What was delivered in one world, judged. Of several messages the one that fared worst decides; where all passed,
    the first that something went wrong with."""

    verdict: Verdict
    diagnosis: Diagnosis | None
    ended: DeliveryResult | None
    entries: tuple[Entry, ...]
    messages: tuple[PlayedMessage, ...] = ()
    plays: int = 1
    """How often it was played: more than once where this machine stood still meanwhile."""
    cpu_wait_s: float = 0.0
    """How long the client could have gone on and was kept from it, where that is known: this machine was busy."""


_again = threading.Lock()
"""What is played again is played one at a time: this run's own plays may be what keeps the machine busy."""


def play(scenario: Scenario, client: Client, profile: Profile, options: RunOptions) -> Play:
    """Build the world, let the client deliver, and judge. What fails in the harness itself ends as `broken`.

    Limits may pass that are nobody's fault: while this machine stands still, or has no time for the client. Such a play
    is played again, a few times; where the client falls short every time, nothing may be concluded.
    """
    counts_s = _PAUSE_THAT_COUNTS * _shortest_limit_s(scenario, options.limits)
    for number in range(1, _PLAYS + 1):
        with _again if number > 1 else contextlib.nullcontext():
            began_s = time.monotonic()
            played = replace(_play(scenario, client, profile, options), plays=number)
            lost_s = longest_pause_s(began_s)
        if played.verdict.ending.is_shortfall:
            lost_s = max(lost_s, played.cpu_wait_s)
        if lost_s < counts_s:
            return played
    return replace(played, verdict=_too_busy(played.verdict, lost_s)) if played.verdict.ending.is_shortfall else played


def _too_busy(verdict: Verdict, lost_s: float) -> Verdict:
    sentence = (
        f"this machine was too busy: in each of {_PLAYS} plays it took a good part of the client's time limits, "
        f"{lost_s:.1f} s in the last, which ended {verdict.ending} ({verdict.sentence}); try fewer at once (--jobs)"
    )
    return replace(verdict, ending=Ending.BROKEN, sentence=sentence)


def _shortest_limit_s(scenario: Scenario, limits: Limits) -> float:
    own = limits_of(scenario, limits)
    return min(own.connect_s, own.command_s, own.dns_s)


def _play(scenario: Scenario, client: Client, profile: Profile, options: RunOptions) -> Play:
    try:
        with World(
            scenario,
            limits=options.limits,
            clock=options.clock,
            network=options.networks.open_for(
                client, needed=bool(needing_sandbox(scenario)), search=scenario.dns.search
            ),
            proxies=options.proxies,
            capture_file=_capture_file(scenario, client, options),
        ) as world:
            client = _where_the_world_is(client, world)
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
    except NetworkLacks as error:
        return Play(verdict=_unplayable(str(error.strerror)), diagnosis=None, ended=None, entries=())
    except Unsupported as refusal:
        return Play(verdict=_unplayable(str(refusal)), diagnosis=None, ended=None, entries=())
    except Exception as error:  # whatever goes wrong here is ours: nothing may be concluded about the client
        return Play(verdict=broken_by(error), diagnosis=None, ended=None, entries=())
    deciding = max(messages, key=lambda one: one.verdict.ending.rank)
    if deciding.verdict.ending is Ending.PASSED:
        deciding = next((one for one in messages if one.diagnosis.failure is not None), deciding)
    return Play(
        verdict=whole([one.verdict for one in messages]),
        diagnosis=deciding.diagnosis,
        ended=deciding.ended,
        entries=entries,
        messages=messages,
        cpu_wait_s=client.cpu_wait_s if isinstance(client, SandboxedClient) else 0.0,
    )


def _where_the_world_is(client: Client, world: World) -> Client:
    """The client itself, or moved into the world's own network."""
    is_copied = world.target.launcher is not None and placement_of(client) is Placement.REOPENABLE
    return SandboxedClient(client) if is_copied else client


def _deliver_all(world: World, client: Client, options: RunOptions) -> tuple[list[DeliveryResult], list[str]]:
    """Each message once, in order: how it ended for the client, and its digest. What hangs, or declines, ends it."""
    ends: list[DeliveryResult] = []
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


def broken_by(error: Exception) -> Verdict:
    return Verdict(
        ending=Ending.BROKEN,
        sentence=f"the harness itself failed: {type(error).__name__}: {error}",
        expected="",
        happened="",
        said="",
    )


def _unplayable(reason: str) -> Verdict:
    return Verdict(ending=Ending.UNSUPPORTED, sentence=reason, expected="", happened="", said="")


def _capture_file(scenario: Scenario, client: Client, options: RunOptions) -> Path | None:
    """Where the packets of one play are written: a file for each scenario and client."""
    if options.captures is None:
        return None
    options.captures.mkdir(parents=True, exist_ok=True)
    return options.captures / f"{re.sub(r'[^A-Za-z0-9.=,-]+', '_', f'{scenario.id}--{client.spec}')[:180]}.pcap"
