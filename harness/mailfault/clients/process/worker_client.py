"""Clients that are a program of the user's own, started once and asked one delivery after another."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.placement import Placement
from mailfault.clients.process.command_line import split_command
from mailfault.clients.process.environment import clean_environment
from mailfault.clients.process.running_worker import Gone, Late, OutOfStep, RunningWorker
from mailfault.clients.process.target_json import target_to_json
from mailfault.clients.process.worker_pool import Lease, WorkerPool
from mailfault.contract import (
    CONTRACT,
    Answer,
    Answered,
    BadAnswer,
    Crashed,
    Declined,
    DeliveryResult,
    Hung,
    Launcher,
    Target,
)

_TO_EXIT_S = 1.0
"""Time for a worker that has closed its stdout to exit, so that its exit status can be reported."""
_NOTHING: Mapping[str, Any] = {}


class WorkerClient:
    """A program that is asked one delivery after another.

    Plays side by side have a process each, which is used again by later plays. For a world in the sandbox it is started
    again inside, and ends with the world.
    """

    where = Placement.PLACES_ITSELF

    def __init__(self, command: str, *, profile: ClientProfile | None = None) -> None:
        """The program starts at the first delivery. Raises ClientError if there is no such program."""
        self._arguments = split_command(command, kind="worker")
        self._profile = profile or ClientProfile()
        self.composes = self._profile.composes
        self._pool = WorkerPool(self._start)
        self.spec = f"worker:{command}"
        self.name = self._profile.name or Path(self._arguments[0]).name

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        with self.for_play() as play:
            return play.deliver(target, deadline_s=deadline_s)

    @contextmanager
    def for_play(self) -> Iterator["WorkerPlay"]:
        """Lend a process to one play, and to no other meanwhile."""
        with self._pool.lease() as lease:
            yield WorkerPlay(self, lease)

    def close(self) -> None:
        self._pool.close()

    def _start(self, number: int, launcher: Launcher | None) -> RunningWorker:
        return RunningWorker(self._arguments, environment=clean_environment(), number=number, launcher=launcher)


class WorkerPlay:
    """A worker for the deliveries of one play: all by the same process, unless it has to be replaced."""

    where = WorkerClient.where

    def __init__(self, client: WorkerClient, lease: Lease) -> None:
        self._client = client
        self._lease = lease
        self.spec = client.spec
        self.name = client.name
        self.composes = client.composes

    @property
    def processes(self) -> tuple[int, ...]:
        """The numbers of the processes that served, in order."""
        return tuple(self._lease.numbers)

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._client.supports(scenario_id, target)

    def deliver(
        self, target: Target, *, deadline_s: float, further_facts: Mapping[str, Any] = _NOTHING
    ) -> DeliveryResult:
        """Deliver once. `further_facts` are given to the worker with the target, beyond the contract."""
        try:
            return self._deliver(target, deadline_s, further_facts)
        except Late:
            self._lease.end()
            return Hung(deadline_s)
        except Gone:
            return Crashed(f"the worker ended without an answer: {self._lease.end(grace_s=_TO_EXIT_S)}")
        except (BadAnswer, OutOfStep) as error:
            return Crashed(f"{error}; {self._lease.end()}")
        except ValueError as error:
            return Crashed(f"the worker's answer is not one line of JSON: {error}; {self._lease.end()}")
        except OSError as error:
            return Crashed(f"{self.name} cannot be started: {error.strerror}")

    def close(self) -> None:
        """Do nothing: the client's owner closes it."""

    def _deliver(self, target: Target, deadline_s: float, further_facts: Mapping[str, Any]) -> DeliveryResult:
        worker = self._lease.worker(target.launcher)
        if not worker.has_greeted:  # its start has a deadline of its own: many may start at once
            _check_hello(worker.ask({"hello": {"contract": CONTRACT}}, until_s=time.monotonic() + deadline_s))
            worker.has_greeted = True
        worker.message.write_bytes(target.message)
        request = target_to_json(target, message=worker.message) | dict(further_facts)
        reply = worker.ask({"target": request}, until_s=time.monotonic() + deadline_s)
        if isinstance(reply, dict) and set(reply) == {"unsupported"}:
            return Declined(str(reply["unsupported"]))
        if isinstance(reply, dict) and set(reply) == {"answer"}:
            return Answered(Answer.from_json(reply["answer"]))
        raise BadAnswer(f'the worker says {{"answer": ...}} or {{"unsupported": ...}}, not {str(reply)[:80]}')


def _check_hello(reply: object) -> None:
    if reply != {"hello": {"contract": CONTRACT}}:
        raise BadAnswer(f'the worker greets with {{"hello": {{"contract": {CONTRACT}}}}}, not {str(reply)[:80]}')
