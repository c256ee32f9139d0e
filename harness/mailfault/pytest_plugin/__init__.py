"""The pytest plugin: scenario files as tests; worlds, clients and verdicts as fixtures.

    pytest --mail-client smtplib --pyargs mailfault.scenarios        run every scenario that comes with mailfault
    pytest --mail-client python:myapp.mail:deliver stories/ -k certificate

Fixtures: `mail_client` (override it in a conftest.py), `mail_world(...)`, `play(scenario)`.

pytest imports this module in every project that has mailfault installed. It defines the options, the hooks and the
fixtures, and imports the rest of mailfault only once one of them is used.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailfault.pytest_plugin.fixtures import (
    Shortfall,
    _mail_options,
    _open_mail_clients,
    mail_client,
    mail_world,
    play,
)

if TYPE_CHECKING:
    from mailfault.pytest_plugin.collect import ScenarioFile

__all__ = ["Shortfall", "_mail_options", "_open_mail_clients", "mail_client", "mail_world", "play"]

_CLIENT_HELP = "the delivery client under test: reference, smtplib, python:module:function, command:..., ..."
_PROFILE_HELP = "code map of the client, a status code for each failure: microsoft-365 (default), rfc3463"
_PYTHON_HELP = "interpreter or virtual environment of python: clients, which run in a process of their own"
_SANDBOX_HELP = "run clients in their own network, with ports 25 and 53: auto (default), always, never"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and the ini keys."""
    group = parser.getgroup("mailfault", "mailfault: does the mail client understand what went wrong?")
    group.addoption("--mail-client", metavar="KIND:WHAT", help=f"{_CLIENT_HELP}; collects scenario files as tests")
    group.addoption("--mail-client-profile", metavar="FILE", help="client profile (TOML): how to read its output")
    group.addoption("--mail-python", metavar="PATH", help=_PYTHON_HELP)
    group.addoption("--mail-in-process", action="store_true", help="run python: clients in the process of pytest")
    group.addoption("--mail-profile", metavar="NAME", help=_PROFILE_HELP)
    group.addoption(
        "--mail-scenarios",
        action="store_true",
        help="collect scenario files as tests, for the client of the fixture mail_client",
    )
    group.addoption("--mail-sandbox", choices=("auto", "always", "never"), help=_SANDBOX_HELP)
    group.addoption("--mail-pcap", metavar="DIR", help="write the packets of each run in the sandbox to a file in DIR")
    parser.addini("mail_client", f"{_CLIENT_HELP}; collects scenario files as tests", default="")
    parser.addini("mail_profile", _PROFILE_HELP, default="")
    parser.addini("mail_sandbox", _SANDBOX_HELP, default="")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse an unknown client or code map on the command line. Raises pytest.UsageError."""
    options = ("--mail-client", "--mail-client-profile", "--mail-profile")
    if any(config.getoption(option) is not None for option in options):
        from mailfault.pytest_plugin.options import check_options

        check_options(config)


def pytest_unconfigure() -> None:
    """Stop the thread of the fake servers, if any were started."""
    loop = sys.modules.get("mailfault_servers.loop")
    if loop is not None:
        loop.stop_server_loop()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Collect a scenario file if a client is given, or if the command line names the file."""
    if file_path.suffix != ".toml" and file_path.parent.name != "families":
        return None
    config = parent.config
    wanted = config.getoption("--mail-client") or config.getini("mail_client") or config.getoption("--mail-scenarios")
    if not wanted and not parent.session.isinitpath(file_path):
        return None
    from mailfault.pytest_plugin import collect

    scenario_file = collect.scenario_file(file_path, parent)
    if scenario_file is not None and not config.pluginmanager.is_registered(collect):
        config.pluginmanager.register(collect)
    return scenario_file
