"""Fixtures of the plugin. They import the rest of mailfault only when a test uses them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mailfault.events import ScenarioFinished
    from mailfault.play.options import RunOptions
    from mailfault.pytest_plugin.mail_world import MailWorld
    from mailfault.pytest_plugin.open_clients import OpenClients
    from mailfault.scenario.model import Scenario
    from mailfault_servers.fault import Fault

MailWorldFactory = Callable[..., "MailWorld"]


class Shortfall(AssertionError):
    """The client under test fell short. The message has the expectation, diagnosis, answer and dialogue."""

    def __init__(self, story: str, *, in_short: str) -> None:
        super().__init__(story)
        self.in_short = in_short
        """Ending and reason, for lists with one line a test."""


@pytest.fixture(scope="session")
def mail_client(request: pytest.FixtureRequest) -> object:
    """Client under test: a `--mail-client` string, a callable `deliver(target) -> Answer`, or a Client.

    A `python:` string runs in a process of its own, a callable in this one.

    Override it in a conftest.py to plug in your own. The default is the client of --mail-client, or else the reference
    client.
    """
    from mailfault.pytest_plugin.options import client_spec

    return client_spec(request.config) or "reference"


@pytest.fixture(scope="session")
def _open_mail_clients(request: pytest.FixtureRequest) -> Iterator[OpenClients]:
    from mailfault.pytest_plugin.open_clients import OpenClients

    with contextlib.closing(OpenClients(request.config)) as opened:
        yield opened


@pytest.fixture(scope="session")
def _mail_options(request: pytest.FixtureRequest) -> RunOptions:
    from mailfault.pytest_plugin.options import run_options

    return run_options(request.config)


@pytest.fixture
def play(
    request: pytest.FixtureRequest,
    mail_client: object,
    _open_mail_clients: OpenClients,
    _mail_options: RunOptions,
) -> Callable[[Scenario | str | Path], ScenarioFinished]:
    """Run a scenario (an object, the id of a shipped one, or a file) with `mail_client`; fail if it falls short.

    Returns the finished event, with verdict, answer and journal. Skips the test, with the reason, if the client
    declares the scenario unsupported. A file is looked for in the working directory, beside the test, and in the root
    directory.
    """
    from mailfault.clients import ClientError
    from mailfault.events import Ending
    from mailfault.play.run import run_scenario
    from mailfault.pytest_plugin.repeating import failure_story
    from mailfault.scenario.loader import ScenarioError, find_scenario

    def play_scenario(scenario: Scenario | str | Path) -> ScenarioFinished:
        __tracebackhide__ = True
        problem = ""
        try:
            client = _open_mail_clients.client_of(mail_client)
            if isinstance(scenario, str | Path):
                scenario = _file_or_id(request, scenario)
            wanted = find_scenario(scenario) if isinstance(scenario, str | Path) else scenario
        except (ClientError, ScenarioError) as error:
            problem = str(error)
        if problem:
            pytest.fail(problem)
        finished = run_scenario(wanted, client, _mail_options)
        ending = Ending(finished.ending)
        if ending is Ending.UNSUPPORTED:
            pytest.skip(finished.sentence)
        if ending.is_shortfall:
            story = failure_story(finished, request, mail_client, scenario, wanted, _mail_options)
            raise Shortfall(story, in_short=f"{ending}: {finished.sentence}")
        return finished

    return play_scenario


@pytest.fixture
def mail_world() -> Iterator[MailWorldFactory]:
    """Build a world in Python, with fault objects: `mail_world(Refuse(), route="smart-host", tls="required")`.

    Each call starts a world. It is closed when the test ends. `.target` is the client's view, `.entries()` is the
    journal of the servers, `.diagnose()` returns the failure that the journal proves.
    """
    from mailfault.pytest_plugin.mail_world import build_world

    with contextlib.ExitStack() as opened:

        def make(*faults: Fault, **settings: Any) -> MailWorld:
            return opened.enter_context(build_world(*faults, **settings))

        yield make


def _file_or_id(request: pytest.FixtureRequest, wanted: str | Path) -> str | Path:
    """Find a file below the working directory, the test's folder or the root directory. Return an id unchanged."""
    if isinstance(wanted, str) and not wanted.endswith(".toml"):
        return wanted
    folders = (Path.cwd(), request.path.parent, request.config.rootpath)
    return next((folder / wanted for folder in folders if (folder / wanted).is_file()), Path(wanted))
