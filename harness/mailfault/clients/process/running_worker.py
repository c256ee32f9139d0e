"""One running process that is asked by lines of JSON on its stdin and answers on its stdout."""

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mailfault.clients.process.run_program import describe_end, end_group, read_end, wait_unreaped
from mailfault.contract import Launcher

_CHUNK = 65536


class Gone(Exception):
    """The process has closed its stdout, or ended."""


class OutOfStep(ValueError):
    """The process has said a line that it was not asked for."""


class Late(Exception):
    """The process did not answer before its deadline."""


class RunningWorker:
    """One running process of a client."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        number: int,
        launcher: Launcher | None = None,
        is_program_itself: bool = False,
    ) -> None:
        """Start it, through `launcher` if there is one. `is_program_itself`: no child of it answers in its place, so
        its end is the end of the answers. Raises OSError."""
        self.number = number
        """Number among the processes of its client, from 1."""
        self.launcher = launcher
        self.has_greeted = False
        """True once it has said that it follows the contract."""
        self._folder = tempfile.TemporaryDirectory(prefix="mailfault-worker-")
        self.message = Path(self._folder.name) / "message.eml"
        self._stderr = Path(self._folder.name) / "stderr"
        self._stderr_begin = 0
        self._unread = b""
        self._is_in_step = True
        self._watched: int | None = None
        try:
            with self._stderr.open("wb") as stderr:
                self._process = subprocess.Popen(
                    arguments if launcher is None else launcher.command(arguments),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    env=dict(environment),
                    start_new_session=True,
                    bufsize=0,
                )
        except BaseException:
            self._folder.cleanup()
            raise
        if is_program_itself and hasattr(os, "pidfd_open"):
            self._watched = os.pidfd_open(self._process.pid)

    def is_fit(self) -> bool:
        """Return whether the process can serve another play: it runs, and has answered once for each question."""
        return self._is_in_step and not self._has_spoken() and not wait_unreaped(self._process, 0.0)

    def ask(self, request: Mapping[str, Any], *, until_s: float) -> object:
        """Send one line and read one. Raises Gone, Late, OutOfStep, or ValueError if the line is not JSON."""
        if self._has_spoken():
            raise OutOfStep("it said a line that it was not asked for")
        self._is_in_step = False
        answer = self._ask(request, until_s)
        self._is_in_step = True
        self._stderr_begin = self._stderr.stat().st_size
        return answer

    def _has_spoken(self) -> bool:
        """Return whether there is a line on its stdout that nobody asked for."""
        assert self._process.stdout is not None
        if self._unread:
            return True
        poll = select.poll()
        poll.register(self._process.stdout, select.POLLIN)
        return any(event & select.POLLIN for _, event in poll.poll(0))

    def _ask(self, request: Mapping[str, Any], until_s: float) -> object:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
        except OSError:
            raise Gone from None
        return json.loads(self._line(until_s))

    def _line(self, until_s: float) -> bytes:
        assert self._process.stdout is not None
        read_from = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(read_from, select.POLLIN)
        if self._watched is not None:
            poll.register(self._watched, select.POLLIN)
        while b"\n" not in self._unread:
            left_s = until_s - time.monotonic()
            ready = dict(poll.poll(left_s * 1000)) if left_s > 0 else {}
            if not ready:
                raise Late
            if read_from not in ready:  # it has ended, and a child of it keeps the pipe open
                raise Gone
            chunk = os.read(read_from, _CHUNK)
            if not chunk:
                raise Gone
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def end(self, *, grace_s: float = 0.0) -> str:
        """Give it `grace_s` seconds to exit, then kill it with its children. Return its exit status, and its output on
        stderr since its last answer, for a person."""
        has_exited = wait_unreaped(self._process, grace_s)
        end_group(self._process)
        status = self._process.returncode if has_exited else None
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        if self._watched is not None:
            os.close(self._watched)
            self._watched = None
        description = describe_end(status, read_end(self._stderr, begin=self._stderr_begin))
        self._folder.cleanup()
        return description
