"""`worker:./send-worker`: a program that is started once and is told of each target in one line of JSON.

    harness  {"hello": {"contract": 1}}
    worker   {"hello": {"contract": 1}}
    harness  {"target": {...}}
    worker   {"answer": {"outcome": "delivered"}}      or {"unsupported": "the reason"}

Targets come one at a time. A worker that hangs or dies is ended, and started anew for the next one.
"""

import json
import os
import select
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from mailfault.clients.adapter import Adapter
from mailfault.clients.adapters.command import clean_environment, split_command
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.placement import Placement
from mailfault.clients.process.run_program import describe_end, end_group, read_end, wait_unreaped
from mailfault.clients.process.target_json import json_of
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

_CHUNK = 65536
_TO_EXIT_S = 1.0
"""How long a worker that has closed its stdout may take to exit, so that its exit status can be told."""


class _Gone(Exception):
    """The worker has closed its stdout, or ended."""


class _Late(Exception):
    """The worker's time is over."""


class _Running:
    """One running worker process."""

    def __init__(self, arguments: tuple[str, ...]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mailfault-worker-")
        self.message = Path(self._folder.name) / "message.eml"
        self._stderr = Path(self._folder.name) / "stderr"
        self._unread = b""
        try:
            with self._stderr.open("wb") as stderr:
                self._process = subprocess.Popen(
                    arguments,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    env=clean_environment(),
                    start_new_session=True,
                    bufsize=0,
                )
        except BaseException:
            self._folder.cleanup()
            raise

    def ask(self, request: dict[str, Any], *, until_s: float) -> object:
        """Send one line and read one. Raises _Gone, _Late, or ValueError where the line is no JSON."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
        except OSError:
            raise _Gone from None
        return json.loads(self._line(until_s))

    def _line(self, until_s: float) -> bytes:
        assert self._process.stdout is not None
        read_from = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(read_from, select.POLLIN)
        while b"\n" not in self._unread:
            left_s = until_s - time.monotonic()
            if left_s <= 0 or not poll.poll(left_s * 1000):
                raise _Late
            chunk = os.read(read_from, _CHUNK)
            if not chunk:
                raise _Gone
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def end(self, *, grace_s: float = 0.0) -> str:
        """End it with all that it started, where it has not ended by itself after `grace_s` seconds; returns how it
        ended, with its last words."""
        by_itself = wait_unreaped(self._process, grace_s)
        end_group(self._process)
        status = self._process.returncode if by_itself else None
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        words = describe_end(status, read_end(self._stderr))
        self._folder.cleanup()
        return words


class WorkerClient:
    """A program that stays, and is asked one delivery after another. Where a world needs the sandbox it is started anew
    inside, and stays as long as the world."""

    where = Placement.PLACES_ITSELF

    def __init__(self, command: str, *, profile: ClientProfile | None = None) -> None:
        """Raises ClientError where there is no such program; it is started at the first delivery."""
        self._arguments = split_command(command, kind="worker")
        self._profile = profile or ClientProfile()
        self._running: _Running | None = None
        self._launcher: Launcher | None = None
        self._lock = threading.Lock()
        self.spec = f"worker:{command}"
        self.name = self._profile.name or Path(self._arguments[0]).name

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        with self._lock:  # its time begins when it is asked, not while it works for others
            try:
                return self._deliver(target, deadline_s)
            except _Late:
                self._end()
                return Hung(deadline_s)
            except _Gone:
                return Crashed(f"the worker ended without an answer: {self._end(grace_s=_TO_EXIT_S)}")
            except BadAnswer as error:
                return Crashed(f"{error}; {self._end()}")
            except ValueError as error:
                return Crashed(f"the worker's answer is not one line of JSON: {error}; {self._end()}")
            except OSError as error:
                return Crashed(f"{self._arguments[0]} cannot be started: {error.strerror}")

    def close(self) -> None:
        with self._lock:
            self._end()

    def _deliver(self, target: Target, deadline_s: float) -> DeliveryResult:
        until_s = time.monotonic() + deadline_s
        if target.launcher != self._launcher:
            self._end()
            self._launcher = target.launcher
        if self._running is None:
            inside = self._arguments if target.launcher is None else tuple(target.launcher.command(self._arguments))
            self._running = _Running(inside)
            _check_hello(self._running.ask({"hello": {"contract": CONTRACT}}, until_s=until_s))
        worker = self._running
        worker.message.write_bytes(target.message)
        told = json_of(target, message=worker.message) | self._also_told(target)
        said = worker.ask({"target": told}, until_s=until_s)
        if isinstance(said, dict) and set(said) == {"unsupported"}:
            return Declined(str(said["unsupported"]))
        if isinstance(said, dict) and set(said) == {"answer"}:
            return Answered(Answer.from_json(said["answer"]))
        raise BadAnswer(f'the worker says {{"answer": ...}} or {{"unsupported": ...}}, not {str(said)[:80]}')

    def _also_told(self, target: Target) -> dict[str, Any]:
        """What this worker is told of a target besides the contract."""
        return {}

    def _end(self, *, grace_s: float = 0.0) -> str:
        running, self._running = self._running, None
        return running.end(grace_s=grace_s) if running is not None else ""


def _check_hello(said: object) -> None:
    if said != {"hello": {"contract": CONTRACT}}:
        raise BadAnswer(f'the worker greets with {{"hello": {{"contract": {CONTRACT}}}}}, not {str(said)[:80]}')


def _open(what: str, profile: ClientProfile | None) -> Client:
    return WorkerClient(what, profile=profile)


ADAPTER = Adapter(
    name="worker",
    what="any program, started once, one line of JSON a delivery",
    usage="./send-worker",
    open=_open,
)
