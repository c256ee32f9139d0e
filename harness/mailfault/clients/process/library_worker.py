"""Clients in other languages: a program over a mail library that follows the `worker:` contract.

Its answer's text gives the library's words, one fact a line, and a client profile (TOML) reads a failure from them.
Plays side by side have a worker each.
"""

import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mailfault.clients.adapter import Adapter
from mailfault.clients.build import COMMAND, Recipe
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.library.recipients import combine_answers
from mailfault.clients.placement import Placement
from mailfault.clients.process.probe import Availability, probe
from mailfault.clients.process.smart_host import smart_host_addresses
from mailfault.clients.process.worker_client import WorkerClient, WorkerPlay
from mailfault.contract import Answer, Answered, Crashed, DeliveryResult, Outcome, Server, Target


class LibraryWorker:
    """A program over a mail library of another language."""

    where = Placement.PROGRAM

    def __init__(self, spec: str, name: str, *, command: Sequence[str], profile: ClientProfile) -> None:
        self.spec = spec
        self.name = name
        self._workers = WorkerClient(shlex.join(command))
        self._profile = profile
        self.composes = profile.composes

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        with self.for_play() as play:
            return play.deliver(target, deadline_s=deadline_s)

    @contextmanager
    def for_play(self) -> Iterator["LibraryPlay"]:
        """Lend a process to one play, and to no other meanwhile."""
        with self._workers.for_play() as play:
            yield LibraryPlay(self, play)

    def close(self) -> None:
        self._workers.close()

    def read(self, answer: Answer, target: Target) -> DeliveryResult:
        """Read the library's words in a worker's answer."""
        read = {address: self._read_words(own, target) for address, own in (answer.recipients or {}).items()}
        whole = self._read_words(answer, target)
        recipients = {address: own for address, own in read.items() if own is not None}
        if whole is None or len(recipients) < len(read):
            return Crashed(f"no rule of its profile matches this: {answer.text!r}")
        return Answered(combine_answers(recipients) if recipients else whole)

    def _read_words(self, answer: Answer, target: Target) -> Answer | None:
        """Read the library's words by the profile. Return None if no rule matches."""
        server = Server(name=target.smart_host)
        if answer.outcome is Outcome.DELIVERED:
            return replace(answer, server=server, said_by="program", recipients=None)
        read = self._profile.read(0, answer.text or "")
        return replace(read, server=server, text=answer.text, said_by="program") if read is not None else None


class LibraryPlay:
    """A library's program for the deliveries of one play."""

    where = LibraryWorker.where

    def __init__(self, client: LibraryWorker, play: WorkerPlay) -> None:
        self._client = client
        self._play = play
        self.spec = client.spec
        self.name = client.name
        self.composes = client.composes

    @property
    def processes(self) -> tuple[int, ...]:
        """The numbers of the processes that served, in order."""
        return self._play.processes

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._client.supports(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        """Deliver once. The worker is also told an address if it cannot look up the host's name."""
        addresses = smart_host_addresses(target, client=self.name)
        if not isinstance(addresses, tuple):
            return addresses
        connect_to = addresses[0] if addresses else None
        result = self._play.deliver(target, deadline_s=deadline_s, further_facts={"connect_to": connect_to})
        return self._client.read(result.answer, target) if isinstance(result, Answered) else result

    def close(self) -> None:
        """Do nothing: the client's owner closes it."""


def library_adapter(
    name: str,
    what: str,
    *,
    command: Callable[[Path | None], Sequence[str]],
    recipe: Recipe | None,
    runtime: str | None = None,
    how_to_install: str,
) -> Adapter:
    """Return the adapter of a program over a mail library, with the profile of the same name.

    `command` returns the program and its arguments from the folder that `recipe` built; None if there is nothing to
    build. `runtime` is the program that runs it ("node").
    """

    def check() -> Availability:
        built = recipe.built() if recipe is not None else None
        if runtime is not None and shutil.which(runtime) is None:
            return Availability(missing=f"there is no program {runtime!r} on the PATH")
        if recipe is not None and built is None:
            return Availability(missing="it is not built here")
        shown = probe([*command(built), "--version"])
        if shown.error is not None:
            return Availability(missing=f"its program does not run: {shown.error}")
        return Availability(version=shown.output.strip() or "of unknown version")

    def create(argument: str, profile: ClientProfile | None) -> LibraryWorker:
        built = recipe.built() if recipe is not None else None
        known = profile if profile is not None else shipped_profile(name)
        return LibraryWorker(name, f"{name} {check().version}", command=command(built), profile=known)

    return Adapter(name=name, what=what, create=create, check=check, how_to_install=how_to_install)


def built_adapter(
    recipe: Recipe,
    what: str,
    *,
    command: Callable[[Path], Sequence[str]],
    runtime: str | None = None,
    needs: str,
) -> Adapter:
    """Return the adapter of a client that `mailfault.clients.build` builds by this recipe. `needs` is for the build."""

    def built_command(built: Path | None) -> Sequence[str]:
        assert built is not None, "check() finds it missing first"
        return command(built)

    return library_adapter(
        recipe.name,
        what,
        command=built_command,
        recipe=recipe,
        runtime=runtime,
        how_to_install=f"{COMMAND} {recipe.name} (needs {needs})",
    )
