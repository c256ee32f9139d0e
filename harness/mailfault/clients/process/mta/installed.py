"""Where an agent's programs are: installed, or unpacked privately, for packages of agents exclude each other."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT_VARIABLE = "MAILFAULT_MTA_ROOT"


@dataclass(frozen=True, slots=True)
class Found:
    """A program of an agent."""

    program: Path
    root: Path
    """The folder it was unpacked to; "/" where it is installed."""

    @property
    def layers(self) -> tuple[Path, ...]:
        """What has to be laid over this machine, so that all files of the agent are where it looks for them."""
        return () if self.root == Path("/") else (self.root,)


def private_root(agent: str) -> Path:
    """Where `ci/unpack-mta AGENT` unpacks: below MAILFAULT_MTA_ROOT, or a folder of the user's cache."""
    if told := os.environ.get(ROOT_VARIABLE):
        return Path(told) / agent
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "mailfault" / "mta" / agent


def find(agent: str, *places: str) -> Found | None:
    """The first of these paths ("/usr/sbin/exim4") that is there, below / or below where `agent` was unpacked."""
    for place in places:
        for root in (Path("/"), private_root(agent)):
            found = root / place.lstrip("/")
            if shutil.which(found) is not None:
                return Found(found, root)
    return None


def unpacking(agent: str) -> str:
    """How to have it beside an agent that is installed."""
    return f"ci/unpack-mta {agent} unpacks it privately, beside the agent that is installed"


def package_version(found: Found, package: str) -> str:
    """The version as Debian's package has it ("0.13"), for agents that do not say their own."""
    note = found.root / "var/lib/mailfault" / f"{package}.version"
    if note.is_file():
        told = note.read_text("utf-8").strip()
    else:
        asked = ["dpkg-query", "--show", "--showformat=${Version}", package]
        try:
            told = subprocess.run(asked, capture_output=True, text=True, timeout=10).stdout.strip()
        except OSError:
            told = ""
    return told.rpartition(":")[2].partition("-")[0] or "of unknown version"
