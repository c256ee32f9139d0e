"""The process of a `python:` client: it imports the client's function and calls it for one target after another.

It imports the standard library, pure modules of mailfault and the client's own modules, so it runs in an environment
without mailfault and its dependencies.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from mailfault.clients.errors import ClientError
from mailfault.clients.library.call import (
    call_or_exit,
    is_checking_revocation,
    is_composing,
    load_callable,
    policies_of,
)
from mailfault.clients.library.exception_answer import crash_reason
from mailfault.clients.process.result_json import result_to_json
from mailfault.clients.process.target_json import target_from_json
from mailfault.clients.sandboxed.cpu_wait import cpu_wait_s
from mailfault.clients.software import software_of_this_process
from mailfault.contract import CONTRACT, Target

_CHANNEL_LOST = 70
"""Exit status of a process whose client has closed the descriptors of the harness (EX_SOFTWARE, sysexits.h)."""


class _Channel:
    """The lines from and to the harness."""

    def __init__(self, asked: int, answers: int) -> None:
        self._asked = os.fdopen(asked, "rb", closefd=False)
        self._answers = answers
        self._answers_are = os.fstat(answers)

    def read(self) -> dict[str, Any] | None:
        """Return the next request; None if the harness has gone, or the client has closed the descriptor."""
        try:
            line = self._asked.readline()
        except OSError:
            _lose_channel()
        return json.loads(line) if line else None

    def write(self, answer: dict[str, Any]) -> None:
        """Write a line. End this process if the client has closed the descriptor, or has a file of its own there."""
        left = json.dumps(answer).encode() + b"\n"
        try:
            if not os.path.samestat(os.fstat(self._answers), self._answers_are):
                _lose_channel()
            while left:
                left = left[os.write(self._answers, left) :]
        except OSError:
            _lose_channel()


def serve(kind: str, named: str, asked: int, answers: int) -> None:
    """Serve the harness until it closes `asked`. Two descriptors carry the lines."""
    channel = _Channel(asked, answers)
    if channel.read() is None:
        return
    try:
        function = load_callable(named, kind=kind)
    except ClientError as error:
        channel.write({"refused": {"message": error.message, "cause": error.cause, "hint": error.hint}})
        return
    software = software_of_this_process()
    declared = {
        "policies": policies_of(function),
        "composes": is_composing(function),
        "revocation": is_checking_revocation(function),
    }
    channel.write({"hello": {"contract": CONTRACT, "software": software, **declared}})
    process = os.getpid()
    while (request := channel.read()) is not None:
        answer = _deliver(function, request)
        if os.getpid() != process:  # a child that the client forked returned from its function, too
            os._exit(0)
        channel.write(answer)


def _deliver(function: Callable[[Target], Any], request: dict[str, Any]) -> dict[str, Any]:
    before_s = cpu_wait_s()
    try:
        result = call_or_exit(function, target_from_json(request["target"]), deadline_s=request["deadline_s"])
    except SystemExit as error:
        _exit(error)
    waited_s = cpu_wait_s() - before_s
    return {"number": request["number"], "result": result_to_json(result), "cpu_wait_s": waited_s}


def _exit(error: SystemExit) -> NoReturn:
    """End this process as the interpreter would, with the line that did it as its last words."""
    sys.stderr.write(f"{crash_reason(error)}\n")
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(error.code & 0xFF if isinstance(error.code, int) else 0 if error.code is None else 1)


def _lose_channel() -> NoReturn:
    sys.stderr.write("the client has closed the descriptors through which it answers\n")
    sys.stderr.flush()
    os._exit(_CHANNEL_LOST)
