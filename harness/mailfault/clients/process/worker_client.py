"""Clients that are a program of the user's own, started once and asked one delivery after another."""

import json
import os
import select
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.placement import Placement
from mailfault.clients.process.command_line import split_command
from mailfault.clients.process.environment import clean_environment
from mailfault.clients.process.run_program import describe_end, end_group, read_end, wait_unreaped
from mailfault.clients.process.target_json import target_to_json
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
"""Time for a worker that has closed its stdout to exit, so that its exit status can be reported."""


class _Gone(Exception):
    """The worker has closed its stdout, or ended."""


class _Late(Exception):
    """The worker did not answer before its deadline."""


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
        """Send one line and read one. Raises _Gone, _Late, or ValueError if the line is not JSON."""
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
        """Give it `grace_s` seconds to exit, then kill it with its children. Returns its exit status and last
        output, for a person."""
        has_exited = wait_unreaped(self._process, grace_s)
        end_group(self._process)
        status = self._process.returncode if has_exited else None
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        description = describe_end(status, read_end(self._stderr))
        self._folder.cleanup()
        return description


class WorkerClient:
    """A program that is asked one delivery after another.

    For a world in the sandbox it is started again inside, and ends with the world.
    """

    where = Placement.PLACES_ITSELF

    def __init__(self, command: str, *, profile: ClientProfile | None = None) -> None:
        """The program starts at the first delivery. Raises ClientError if there is no such program."""
        self._arguments = split_command(command, kind="worker")
        self._profile = profile or ClientProfile()
        self.composes = self._profile.composes
        self._running: _Running | None = None
        self._launcher: Launcher | None = None
        self._lock = threading.Lock()
        self.spec = f"worker:{command}"
        self.name = self._profile.name or Path(self._arguments[0]).name

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        with self._lock:  # the deadline begins when the worker is asked, not while it works for others
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
            launcher = target.launcher
            command = self._arguments if launcher is None else tuple(launcher.command(self._arguments))
            self._running = _Running(command)
            _check_hello(self._running.ask({"hello": {"contract": CONTRACT}}, until_s=until_s))
        worker = self._running
        worker.message.write_bytes(target.message)
        request = target_to_json(target, message=worker.message) | self._further_facts(target)
        reply = worker.ask({"target": request}, until_s=until_s)
        if isinstance(reply, dict) and set(reply) == {"unsupported"}:
            return Declined(str(reply["unsupported"]))
        if isinstance(reply, dict) and set(reply) == {"answer"}:
            return Answered(Answer.from_json(reply["answer"]))
        raise BadAnswer(f'the worker says {{"answer": ...}} or {{"unsupported": ...}}, not {str(reply)[:80]}')

    def _further_facts(self, target: Target) -> dict[str, Any]:
        """Return what this worker is told of a target beyond the contract."""
        return {}

    def _end(self, *, grace_s: float = 0.0) -> str:
        running, self._running = self._running, None
        return running.end(grace_s=grace_s) if running is not None else ""


def _check_hello(reply: object) -> None:
    if reply != {"hello": {"contract": CONTRACT}}:
        raise BadAnswer(f'the worker greets with {{"hello": {{"contract": {CONTRACT}}}}}, not {str(reply)[:80]}')
