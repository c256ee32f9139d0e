"""Toxiproxy's own server, where it can be had: found, or built once where that is asked for."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

MODULE = "github.com/Shopify/toxiproxy/v2/cmd/server"
VERSION = "v2.12.0"


def may_be_had() -> bool:
    """Whether there is any use in asking for it. Costs nothing."""
    named = os.environ.get("MAILFAULT_TOXIPROXY_SERVER") or shutil.which("toxiproxy-server")
    return bool(named or (os.environ.get("MAILFAULT_BUILD_TOXIPROXY") == "1" and shutil.which("go")))


@functools.cache
def real_server() -> tuple[Path | None, str]:
    """The program, or None and why there is none.

    It is what MAILFAULT_TOXIPROXY_SERVER names, or `toxiproxy-server` on the PATH; with MAILFAULT_BUILD_TOXIPROXY=1 and
    Go on the PATH it is built into the user's cache.
    """
    named = os.environ.get("MAILFAULT_TOXIPROXY_SERVER")
    if named:
        return Path(named), ""
    found = shutil.which("toxiproxy-server")
    if found:
        return Path(found), ""
    if os.environ.get("MAILFAULT_BUILD_TOXIPROXY") != "1":
        return None, "no toxiproxy-server: MAILFAULT_TOXIPROXY_SERVER names one, MAILFAULT_BUILD_TOXIPROXY=1 builds one"
    if shutil.which("go") is None:
        return None, "no toxiproxy-server, and no Go to build one"
    return _built()


def cache_folder() -> Path:
    """Where what was built for tests is kept from one run to the next."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(root) / "mailfault"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _built() -> tuple[Path | None, str]:
    kept = cache_folder() / f"toxiproxy-server-{VERSION}"
    if not kept.exists():
        folder = cache_folder() / f"building-{os.getpid()}"
        try:
            subprocess.run(
                ["go", "install", f"{MODULE}@{VERSION}"],
                env={**os.environ, "GOBIN": str(folder)},
                capture_output=True,
                text=True,
                check=True,
                timeout=600,
            )
            (folder / "server").rename(kept)
        except subprocess.CalledProcessError as error:
            return None, f"go install {MODULE}@{VERSION} failed: {error.stderr[-500:]}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return kept, ""
