"""Clients that are a Python function, in a process of their own with an interpreter of the user's choice.

The harness and its reference client use aiosmtplib and dnspython themselves. In its own process a client may use other
versions of them, and whatever it does to its process it does to itself.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mailfault
import mailfault_servers
from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.errors import ClientError
from mailfault.clients.placement import Placement
from mailfault.clients.process.environment import clean_environment
from mailfault.clients.process.interpreter import find_interpreter
from mailfault.clients.process.result_json import result_from_json
from mailfault.clients.process.running_worker import Gone, Late, RunningWorker
from mailfault.clients.process.target_json import target_to_json
from mailfault.clients.process.worker_pool import Lease, WorkerPool
from mailfault.contract import CONTRACT, BadAnswer, Crashed, DeliveryResult, Hung, Launcher, Target

_BOOT = Path(__file__).with_name("boot_python.py")
_TO_START_S = 60.0
"""Time for an interpreter to start and to import the client's modules."""
_TO_CANCEL_S = 0.5
"""Time for a coroutine that is cancelled at its deadline to end."""
_TO_EXIT_S = 1.0
"""Time for a process that has closed its side to exit, so that its exit status can be reported."""


class PythonClient:
    """A function in a process of its own: one process for each play, used again by later plays."""

    where = Placement.PLACES_ITSELF

    def __init__(self, function: str, *, python: str | None = None, profile: ClientProfile | None = None) -> None:
        """Start the first process, which imports `function`. Raises ClientError if it cannot.

        `python` is an interpreter or the folder of a virtual environment; None for the harness's own.
        """
        self._function = function
        self._python = python
        self._interpreter = sys.executable if python is None else find_interpreter(python)
        self._profile = profile or ClientProfile()
        self._pool = WorkerPool(self._start)
        self._kind = "python" if python is None else f"python@{python}"
        self.spec = f"{self._kind}:{function}"
        self._policies: tuple[str, ...] = ()
        self._checks_revocation = False
        self.software: dict[str, Any] = {}
        """The interpreter, its version, and the versions of the mail libraries that the client has loaded."""
        with self._pool.lease() as lease:
            self._open(lease)
        self.name = self._profile.name or (function if python is None else f"{function} ({self._with_versions()})")

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(
            scenario_id, target, also_follows=self._policies, also_checks_revocation=self._checks_revocation
        )

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        with self.for_play() as play:
            return play.deliver(target, deadline_s=deadline_s)

    @contextmanager
    def for_play(self) -> Iterator["PythonPlay"]:
        """Lend a process to one play, and to no other meanwhile."""
        with self._pool.lease() as lease:
            yield PythonPlay(self, lease)

    def close(self) -> None:
        self._pool.close()

    def greet(self, worker: RunningWorker) -> dict[str, Any]:
        """Let a new process import the client. Return its greeting.

        Raises ClientError if it cannot be imported in time, Gone, or ValueError for anything but a greeting.
        """
        until_s = time.monotonic() + _TO_START_S
        try:
            reply = worker.ask({"hello": {"contract": CONTRACT}}, until_s=until_s)
        except Late:
            cause = f"it has not imported {self._function} after {_TO_START_S:g} s"
            raise ClientError(f"{self._interpreter} cannot be used", cause=cause) from None
        match reply:
            case {"hello": {"contract": int(), "policies": list(), "software": dict()} as hello}:
                worker.has_greeted = True
                return dict(hello)
            case {"refused": {"message": message, "cause": cause, "hint": hint}}:
                raise ClientError(message, cause=cause, hint=hint)
        raise ValueError(f"it does not greet, but says {str(reply)[:80]}")

    def _open(self, lease: Lease) -> None:
        problem = f"--client {self.spec!r}: {self._interpreter} cannot be used"
        try:
            hello = self.greet(lease.worker(None))
        except ClientError:
            lease.end()
            raise
        except (Gone, ValueError) as error:
            cause = f"{error}; " if str(error) else ""
            raise ClientError(problem, cause=cause + lease.end(grace_s=_TO_EXIT_S)) from None
        except OSError as error:
            raise ClientError(problem, cause=str(error.strerror)) from None
        self._policies = tuple(hello["policies"])
        self.composes = self._profile.composes or bool(hello.get("composes"))
        self._checks_revocation = bool(hello.get("revocation"))
        self.software = hello["software"]

    def _with_versions(self) -> str:
        libraries = [f"{name} {version}" for name, version in self.software["libraries"].items() if " " not in name]
        return ", ".join(
            [str(self._python), f"{self.software['implementation']} {self.software['python']}", *libraries]
        )

    def _start(self, number: int, launcher: Launcher | None) -> RunningWorker:
        folders = {
            package.__name__: str(Path(package.__path__[0]).parent) for package in (mailfault, mailfault_servers)
        }
        # With the harness's own interpreter a client finds its modules as it would in the harness's process.
        sys_path = list(sys.path) if self._python is None else None
        given = {"kind": self._kind, "function": self._function, "packages": folders, "sys_path": sys_path}
        environment = clean_environment()
        if self._python is not None:
            environment.pop("PYTHONHOME", None)
        arguments = [self._interpreter, "-X", "faulthandler", str(_BOOT), json.dumps(given)]
        return RunningWorker(
            arguments, environment=environment, number=number, launcher=launcher, is_program_itself=True
        )


class PythonPlay:
    """A function for the deliveries of one play: all in the same process, unless it has to be replaced."""

    where = PythonClient.where

    def __init__(self, client: PythonClient, lease: Lease) -> None:
        self._client = client
        self._lease = lease
        self._deliveries = 0
        self.spec = client.spec
        self.name = client.name
        self.composes = client.composes
        self.cpu_wait_s = 0.0
        """The longest CPU wait of a delivery, in seconds: the processors were busy."""

    @property
    def processes(self) -> tuple[int, ...]:
        """The numbers of the processes that served, in order."""
        return tuple(self._lease.numbers)

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._client.supports(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        try:
            worker = self._lease.worker(target.launcher)
            if not worker.has_greeted:
                self._client.greet(worker)
            result = self._deliver(worker, target, deadline_s)
        except Late:
            self._lease.end()
            return Hung(deadline_s)
        except Gone:
            return Crashed(f"its process ended without an answer: {self._lease.end(grace_s=_TO_EXIT_S)}")
        except ClientError as error:
            self._lease.end()
            return Crashed(str(error))
        except (BadAnswer, ValueError) as error:
            return Crashed(f"its process gave no answer of the contract: {error}; {self._lease.end()}")
        except OSError as error:
            return Crashed(f"its process cannot be started: {error.strerror}")
        if isinstance(result, Hung):
            self._lease.end()
        return result

    def close(self) -> None:
        """Do nothing: the client's owner closes it."""

    def _deliver(self, worker: RunningWorker, target: Target, deadline_s: float) -> DeliveryResult:
        self._deliveries += 1
        number = f"{worker.number}.{self._deliveries}"
        worker.message.write_bytes(target.message)
        request = {"number": number, "deadline_s": deadline_s, "target": target_to_json(target, message=worker.message)}
        reply = worker.ask(request, until_s=time.monotonic() + deadline_s + _TO_CANCEL_S)
        match reply:
            case {"number": str(answered), "result": dict(result), "cpu_wait_s": float(waited_s)} if answered == number:
                self.cpu_wait_s = max(self.cpu_wait_s, waited_s)
                return result_from_json(result)
        raise ValueError(f"it says {str(reply)[:80]}")
