"""Toxiproxy's own server: found on this machine, or built once if that is asked for."""

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

MODULE = "github.com/Shopify/toxiproxy/v2/cmd/server"
FOLLOWED = (2, 13, 0)
"""The release that the embedded server follows."""
BUILT = (FOLLOWED, (2, 12, 0))
"""The releases to build, first choice first: a module proxy may hold the newest back for a while."""


@dataclass(frozen=True, slots=True)
class RealServer:
    """A toxiproxy-server program."""

    program: Path
    version: tuple[int, ...]

    def __str__(self) -> str:
        return ".".join(map(str, self.version))


def may_be_had() -> bool:
    """Tell if a server may be found or built. Cheap."""
    named = os.environ.get("MAILFAULT_TOXIPROXY_SERVER") or shutil.which("toxiproxy-server")
    return bool(named or (os.environ.get("MAILFAULT_BUILD_TOXIPROXY") == "1" and shutil.which("go")))


@functools.cache
def real_server() -> tuple[RealServer | None, str]:
    """Return the server, or None and the reason.

    It is the program that MAILFAULT_TOXIPROXY_SERVER names, or `toxiproxy-server` on the PATH; with
    MAILFAULT_BUILD_TOXIPROXY=1 and Go on the PATH it is built into the user's cache.
    """
    found = os.environ.get("MAILFAULT_TOXIPROXY_SERVER") or shutil.which("toxiproxy-server")
    if found:
        return RealServer(Path(found), _version_of(Path(found))), ""
    if os.environ.get("MAILFAULT_BUILD_TOXIPROXY") != "1":
        return None, "no toxiproxy-server: MAILFAULT_TOXIPROXY_SERVER names one, MAILFAULT_BUILD_TOXIPROXY=1 builds one"
    if shutil.which("go") is None:
        return None, "no toxiproxy-server, and no Go to build one"
    problems = []
    for version in BUILT:
        program, problem = _build(version)
        if program is not None:
            return RealServer(program, version), ""
        problems.append(problem)
    return None, "; ".join(problems)


def cache_folder() -> Path:
    """Return the folder that keeps what tests build, from one run to the next."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(root) / "mailfault"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _version_of(program: Path) -> tuple[int, ...]:
    """Return the version that a program prints. One built without a version is taken for the release followed."""
    printed = subprocess.run([program, "-version"], capture_output=True, text=True, check=True, timeout=30).stdout
    number = re.search(r"(\d+)\.(\d+)\.(\d+)", printed)
    return tuple(map(int, number.groups())) if number else FOLLOWED


def _build(version: tuple[int, ...]) -> tuple[Path | None, str]:
    tag = "v" + ".".join(map(str, version))
    kept = cache_folder() / f"toxiproxy-server-{tag}"
    if not kept.exists():
        folder = cache_folder() / f"building-{os.getpid()}"
        try:
            subprocess.run(
                ["go", "install", f"{MODULE}@{tag}"],
                env={**os.environ, "GOBIN": str(folder)},
                capture_output=True,
                text=True,
                check=True,
                timeout=600,
            )
            (folder / "server").rename(kept)
        except subprocess.CalledProcessError as error:
            return None, f"go install {MODULE}@{tag} failed: {error.stderr[-500:]}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return kept, ""
