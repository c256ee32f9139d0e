"""Probes of a client's software: short commands that show its version and what it lacks."""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

_LIMIT_S = 30.0
_SHOWN = 200
"""Characters of a program's error that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The end of a short command."""

    output: str
    """Its stdout, then its stderr."""
    error: str | None
    """The reason why it failed, for a person; None if it exited with status 0."""


def probe(arguments: Sequence[str]) -> Probe:
    """Run a command for at most 30 s. The answer is kept for the same command in the same environment."""
    return _probe(tuple(arguments), tuple(sorted(os.environ.items())))


@functools.cache
def _probe(arguments: tuple[str, ...], environment: tuple[tuple[str, str], ...]) -> Probe:
    program = arguments[0]
    if shutil.which(program) is None:
        return Probe(output="", error=f"there is no program {program!r} on the PATH")
    try:
        done = subprocess.run(
            arguments,
            env=dict(environment) | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            timeout=_LIMIT_S,
        )
    except OSError as error:
        return Probe(output="", error=f"{program} cannot be started: {error.strerror}")
    except subprocess.TimeoutExpired:
        return Probe(output="", error=f"{program} did not end within {_LIMIT_S:g} s")
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    words = lines[-1][:_SHOWN] if lines else f"exit status {done.returncode}"
    return Probe(output=done.stdout + done.stderr, error=f"{program}: {words}" if done.returncode else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A sign, in a program's output, of a part that it was built or installed without."""

    pattern: str
    """Regular expression that finds the sign; with `absent`, one that finds the part."""
    missing: str
    """The part, for a person. Groups of the pattern fill it in ("{0}")."""
    absent: bool = False
    """The part is missing if the pattern is *not* found."""

    def found_in(self, output: str) -> str | None:
        """Return what is missing; None if nothing is."""
        found = re.search(self.pattern, output, re.MULTILINE | re.IGNORECASE)
        if self.absent:
            return None if found is not None else self.missing
        return self.missing.format(*found.groups()) if found is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The state of a client's software on this machine."""

    version: str | None = None
    """None if it is missing, or is the user's own."""
    missing: str | None = None
    """The missing program or part, for a person; None if the client can be used."""


def check_program(
    program: str, *, version: str, features: Sequence[str] = (), lacks: Sequence[Lack] = ()
) -> Availability:
    """Look for a program on the PATH: `version` is a pattern whose first group is found in `PROGRAM --version`.

    `features` are the arguments that make it show what it was built with; `lacks` are looked for there.
    """
    shown = probe([program, "--version"])
    if not shown.output:
        return Availability(missing=shown.error or f"{program} --version shows nothing")
    details = probe([program, *features]) if features else shown
    for lack in lacks:
        if (missing := lack.found_in(details.output)) is not None:
            return Availability(missing=f"{program} has no {missing}")
    found = re.search(version, shown.output)
    return Availability(version=found[1] if found is not None else "of unknown version")
