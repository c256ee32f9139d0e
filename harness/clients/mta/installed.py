"""Where an agent's programs are: installed, or unpacked privately, for packages of agents exclude each other."""

import os
import shutil
from pathlib import Path

ROOT_VARIABLE = "MAILFAULT_MTA_ROOT"
UNPACK = "ci/unpack-mta unpacks it privately, beside the agent that is installed"


def private_root() -> Path:
    """Where `ci/unpack-mta` unpacks: MAILFAULT_MTA_ROOT, or a folder of the user's cache."""
    if told := os.environ.get(ROOT_VARIABLE):
        return Path(told)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "mailfault" / "mta"


def find(*places: str) -> Path | None:
    """The first of these paths ("/usr/sbin/exim4") that is there, below / or below the private root."""
    for place in places:
        for root in (Path("/"), private_root()):
            found = root / place.lstrip("/")
            if shutil.which(found) is not None:
                return found
    return None
