"""Options of the plugin, from the command line and the ini file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mailfault.clients.client import Client
    from mailfault.play.options import RunOptions


def client_spec(config: pytest.Config) -> str:
    """Return the client of --mail-client or of the ini file; empty if neither names one."""
    return str(config.getoption("--mail-client") or config.getini("mail_client") or "")


def client_profile(config: pytest.Config) -> Path | None:
    """Return the file of --mail-client-profile."""
    file = config.getoption("--mail-client-profile")
    return None if file is None else Path(file)


def open_named(spec: str, config: pytest.Config) -> Client:
    """Open the client of a --mail-client string, with the options for it. Raises ClientError."""
    from mailfault.clients import open_client

    in_process, python = config.getoption("--mail-in-process"), config.getoption("--mail-python")
    return open_client(spec, profile_file=client_profile(config), python=python, in_process=in_process)


def check_options(config: pytest.Config) -> None:
    """Open the client and find the code map that the command line names. Raises pytest.UsageError."""
    from mailfault.clients import ClientError
    from mailfault.codes.code_maps import find_code_map

    spec, profile_file = config.getoption("--mail-client"), client_profile(config)
    if spec is not None or profile_file is not None:
        try:
            open_named("reference" if spec is None else spec, config).close()
        except ClientError as error:
            raise pytest.UsageError(str(error).replace("--client ", "--mail-client ")) from None
    name = config.getoption("--mail-profile")
    if name is not None:
        try:
            find_code_map(name)
        except LookupError as error:
            raise pytest.UsageError(f"--mail-profile: {error}") from None


def run_options(config: pytest.Config) -> RunOptions:
    """Return the options of every run in this session. Raises pytest.fail.Exception for an unusable ini value."""
    from mailfault.codes.code_maps import DEFAULT, find_code_map
    from mailfault.play.options import RunOptions
    from mailfault.play.placement import Networks, SandboxUse

    profile = config.getoption("--mail-profile") or config.getini("mail_profile") or DEFAULT
    problem = None
    try:
        find_code_map(profile)
    except LookupError as error:
        problem = f"mail_profile: {error}"
    if problem:  # outside of the except block: pytest would show the LookupError as context
        pytest.fail(problem, pytrace=False)
    use = config.getoption("--mail-sandbox") or config.getini("mail_sandbox") or SandboxUse.AUTO
    if use not in set(SandboxUse):
        pytest.fail(f"mail_sandbox: {use!r} is not one of {', '.join(SandboxUse)}", pytrace=False)
    folder = config.getoption("--mail-pcap")
    captures = Path(folder) if folder is not None else None
    return RunOptions(profile=profile, networks=Networks(SandboxUse(use)), captures=captures)
