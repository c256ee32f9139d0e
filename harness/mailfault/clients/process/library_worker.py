"""Clients in other languages: a program over a mail library that speaks the `worker:` contract, and says in its text
what the library said, a line for each thing. A client profile (TOML) makes a failure of it.

Several deliveries go on at once, each with a worker of its own. A worker is kept for the next delivery to the same
world, and for others where it need not be in a sandbox.
"""

import functools
import shlex
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import dns.exception

from mailfault.classify.classified import LOOKUP
from mailfault.clients.adapter import Adapter
from mailfault.clients.adapters.worker import WorkerClient
from mailfault.clients.build import COMMAND
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.exception_answer import answer_from
from mailfault.clients.library.mail_hosts import addresses_of, check_known
from mailfault.clients.library.recipients import whole_of
from mailfault.clients.placement import Placement
from mailfault.contract import (
    Answer,
    Answered,
    Crashed,
    Declined,
    DeliveryResult,
    Outcome,
    Route,
    Server,
    Target,
    Unsupported,
)

_VERSION_S = 30.0


class _Worker(WorkerClient):
    """A worker that is told an address, too, where it cannot look the host's name up."""

    connect_to: str | None = None
    last: object = None
    """The world that it was in last."""

    def _also_told(self, target: Target) -> dict[str, Any]:
        return {"connect_to": self.connect_to}


class LibraryWorker:
    """A program over a mail library of another language."""

    where = Placement.PROGRAM

    def __init__(self, spec: str, name: str, *, command: Sequence[str], profile: ClientProfile) -> None:
        self.spec = spec
        self.name = name
        self._command = shlex.join(command)
        self._profile = profile
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        try:
            check_known(target)
            if target.route is not Route.SMART_HOST or target.smart_host is None:
                raise Unsupported(f"{self.name} looks no MX up")
            address = addresses_of(target, target.smart_host)[0] if target.launcher is None else None
        except Unsupported as refusal:
            return Declined(str(refusal))
        except dns.exception.DNSException as error:
            answer = answer_from(error, stage=LOOKUP)
            return Answered(answer) if answer is not None else Crashed(f"{type(error).__name__}: {error}")
        worker = self._taken(target)
        worker.connect_to = address
        try:
            ended = worker.deliver(target, deadline_s=deadline_s)
        finally:
            with self._lock:
                self._idle.append(worker)
        return self._read(ended.answer, target) if isinstance(ended, Answered) else ended

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def _taken(self, target: Target) -> _Worker:
        """A worker for this world: the one that has been there, or any that is idle, or a new one."""
        world = (target.launcher, target.smtp_port)
        with self._lock:
            known = [one for one in self._idle if one.last == world]
            worker = (known or self._idle or [_Worker(self._command)])[-1]
            if worker in self._idle:
                self._idle.remove(worker)
        worker.last = world
        return worker

    def _read(self, said: Answer, target: Target) -> DeliveryResult:
        each = {one: self._of_profile(its, target) for one, its in (said.recipients or {}).items()}
        whole = self._of_profile(said, target)
        for one in (whole, *each.values()):
            if one is None:
                return Crashed(f"no rule of its profile is for what it said: {said.text!r}")
        answers = {one: its for one, its in each.items() if its is not None}
        assert whole is not None
        return Answered(whole_of(answers) if answers else whole)

    def _of_profile(self, said: Answer, target: Target) -> Answer | None:
        """What the profile makes of the library's words; None where no rule fits."""
        server = Server(name=target.smart_host)
        if said.outcome is Outcome.DELIVERED:
            return replace(said, server=server, said_by="program", recipients=None)
        read = self._profile.read(0, said.text or "")
        return replace(read, server=server, text=said.text, said_by="program") if read is not None else None


def foreign_adapter(
    name: str, what: str, *, profile: str, command: Callable[[], Sequence[str] | None], needs: str
) -> Adapter:
    """The adapter of one such client. `command` gives its program, or None where it is not built; `profile` names its
    map (TOML); `needs` is what it is built with."""
    how_to_install = f"{COMMAND} {name} (needs {needs})"

    def version() -> str | None:
        found = command()
        return _version_of(tuple(found)) if found is not None else None

    def open_it(what: str, own: ClientProfile | None) -> Client:
        found = command()
        if found is None:
            raise ClientError(f"--client {name}: it is not built here; {how_to_install}")
        known = own if own is not None else shipped_profile(profile)
        return LibraryWorker(name, f"{name} {version() or 'of unknown version'}", command=found, profile=known)

    return Adapter(name=name, what=what, open=open_it, version=version, how_to_install=how_to_install)


@functools.cache
def _version_of(command: tuple[str, ...]) -> str | None:
    """What it says with --version; None where it does not run."""
    try:
        shown = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, timeout=_VERSION_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return shown.strip() or None
