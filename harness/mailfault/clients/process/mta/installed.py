"""The programs of an agent: installed, or unpacked privately, as Debian's packages of agents exclude each other."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT_VARIABLE = "MAILFAULT_MTA_ROOT"


@dataclass(frozen=True, slots=True)
class InstalledAgent:
    """An agent's program, and the folder it is installed below."""

    program: Path
    root: Path
    """"/", or the folder it was unpacked into."""

    @property
    def layers(self) -> tuple[Path, ...]:
        """Folders to lay over the file system, so that the agent finds all of its files."""
        return () if self.root == Path("/") else (self.root,)


def private_root(agent: str) -> Path:
    """Return the folder that `ci/unpack-mta AGENT` unpacks into: below MAILFAULT_MTA_ROOT, or in the user's cache."""
    if chosen := os.environ.get(ROOT_VARIABLE):
        return Path(chosen) / agent
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "mailfault" / "mta" / agent


def find(agent: str, *programs: str) -> InstalledAgent | None:
    """Return the first of these paths ("/usr/sbin/exim4") that exists, below / or below the agent's private root."""
    for program in programs:
        for root in (Path("/"), private_root(agent)):
            found = root / program.lstrip("/")
            if shutil.which(found) is not None:
                return InstalledAgent(found, root)
    return None


def unpack_hint(agent: str) -> str:
    """Return the hint for a machine where another agent is installed."""
    return f"ci/unpack-mta {agent} unpacks it privately, beside an installed agent"


def package_version(agent: InstalledAgent, package: str) -> str:
    """Return the version of Debian's package ("0.13"), for agents that print none."""
    note = agent.root / "var/lib/mailfault" / f"{package}.version"
    if note.is_file():
        version = note.read_text("utf-8").strip()
    else:
        command = ["dpkg-query", "--show", "--showformat=${Version}", package]
        try:
            version = subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip()
        except OSError:
            version = ""
    return version.rpartition(":")[2].partition("-")[0] or "of unknown version"
