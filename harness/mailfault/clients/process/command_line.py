"""The command in a --client string, as an argument list."""

import os
import re
import shlex
import shutil
from pathlib import Path

from mailfault.clients.errors import ClientError
from mailfault.clients.process.target_json import PLACEHOLDERS

USAGE = "./send --to {recipient}"
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def split_command(command: str, *, kind: str) -> tuple[str, ...]:
    """Split a command in POSIX quoting into an argument list, its program with its full path. No shell is involved.

    `kind` is the adapter, for the error. Raises ClientError if there is no such program or a placeholder is unknown.
    """
    spec = f"--client '{kind}:{command}'"
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise ClientError(f"{spec} is not well quoted: {error}") from None
    if not arguments:
        raise ClientError(f"--client '{kind}:' names no program; write it like {kind}:{USAGE}")
    for placeholder in PLACEHOLDER.findall(command):
        if placeholder not in PLACEHOLDERS:
            known = ", ".join(PLACEHOLDERS)
            raise ClientError(f"{spec}: unknown placeholder {{{placeholder}}}; known are {known}")
    program = shutil.which(arguments[0])
    if program is None:
        raise ClientError(f"{spec}: {_why_no_program(arguments[0])}")
    return (str(Path(program).absolute()), *arguments[1:])


def _why_no_program(name: str) -> str:
    if os.sep not in name:
        return f"there is no program {name!r} on the PATH; give its path, or install it"
    if Path(name).is_file():
        return f"{name} cannot be executed; try chmod +x {name}"
    return f"there is no file {name}; the path is relative to {Path.cwd()}"
