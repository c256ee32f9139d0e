"""A Python client in a world's own network: a copy of it, in a new process for each delivery."""

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path

from mailfault.clients.client import Client
from mailfault.clients.composition import composes
from mailfault.clients.placement import Placement
from mailfault.clients.process.environment import clean_environment
from mailfault.clients.process.result_json import result_from_json
from mailfault.clients.process.target_json import target_to_json
from mailfault.contract import Crashed, DeliveryResult, Hung, Target
from mailfault.sandbox.message import receive, send
from mailfault.sandbox.namespaces import Namespaces
from mailfault_servers.loop import when_it_stops

_GRACE_S = 5.0
"""Time to import a client's own modules, on top of its deadline."""
_PATIENCE_S = 60.0
"""Time for the fork server to start."""


class SandboxedClient:
    """A client that is opened again, for each delivery, by a process inside the target's network."""

    where = Placement.PROGRAM

    def __init__(self, client: Client) -> None:
        self._client = client
        self.spec = client.spec
        self.name = client.name
        self.composes = composes(client)
        self.cpu_wait_s = 0.0
        """The longest CPU wait of a delivery, in seconds: the processors were busy."""

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._client.supports(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        assert isinstance(target.launcher, Namespaces), "only a world in the sandbox has a network of its own"
        with tempfile.TemporaryDirectory(prefix="mailfault-sandboxed-") as created:
            folder = Path(created)
            message, target_file, result_file, errors = (
                folder / name for name in ("message.eml", "target.json", "result.json", "errors")
            )
            message.write_bytes(target.message)
            target_file.write_text(json.dumps(target_to_json(target, message=message) | {"deadline_s": deadline_s}))
            limit_s = _GRACE_S + deadline_s
            request = {
                "entry": asdict(target.launcher),
                "spec": self.spec,
                "target": str(target_file),
                "result": str(result_file),
                "errors": str(errors),
                "limit_s": limit_s,
            }
            in_time = _shared_server().carry_out(request, limit_s=limit_s + _GRACE_S)
            if result_file.is_file():
                result = json.loads(result_file.read_text())
                self.cpu_wait_s = max(self.cpu_wait_s, result.get("cpu_wait_s", 0.0))
                return result_from_json(result)
            if errors.is_file():
                return Crashed(f"inside the sandbox: {errors.read_text().strip().splitlines()[-1]}")
            return Crashed("its process ended inside the sandbox without a word") if in_time else Hung(deadline_s)

    def close(self) -> None:
        """Do nothing: the client's owner closes it."""


class _ForkServer:
    """The process that deliveries are forked from (see fork_server). Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mailfault.clients.sandboxed.fork_server", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=clean_environment() | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        self._channel.settimeout(_PATIENCE_S)
        receive(self._channel)

    def carry_out(self, request: dict[str, object], *, limit_s: float) -> bool:
        """Carry out one delivery. Returns whether it ended within `limit_s` seconds."""
        done, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with done:
            with theirs, self._lock:
                send(self._channel, request, [theirs.fileno()])
            done.settimeout(limit_s)
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                return not done.recv(1)
        return False

    def close(self) -> None:
        self._channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()


_lock = threading.Lock()
_shared: _ForkServer | None = None


def _shared_server() -> _ForkServer:
    """Return this process's fork server, started on first use; it ends with the servers' loop."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = _ForkServer()
            atexit.register(_shared.close)
            when_it_stops(_close_shared)
        return _shared


async def _close_shared() -> None:
    global _shared
    with _lock:
        if _shared is not None:
            atexit.unregister(_shared.close)
            _shared.close()
        _shared = None
