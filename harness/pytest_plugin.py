"""The pytest plugin: scenario files as tests, and worlds, clients and verdicts as fixtures.

    pytest --mail-client smtplib scenarios/          every scenario file below scenarios/ is a test
    pytest --mail-client python:myapp.mail:deliver scenarios/ -k certificate

Fixtures: `mail_client` (override it in a conftest.py), `mail_world(...)`, `play(scenario)`. Nothing is imported and nothing
collected where none of this is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fake_servers.fault import Fault
    from harness.clients.client import Client
    from harness.events import ScenarioFinished
    from harness.mail_world import MailWorld
    from harness.run import RunOptions
    from harness.scenario.model import Scenario

MailWorldFactory = Callable[..., "MailWorld"]
_CLIENT_HELP = "the delivery client under test: reference, smtplib, python:module:function, command:..., ..."


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mailfault", "mailfault: does the mail client understand what went wrong?")
    group.addoption("--mail-client", metavar="KIND:WHAT", help=f"{_CLIENT_HELP}; collects scenario files as tests")
    group.addoption("--mail-client-profile", metavar="FILE", help="client profile (TOML) for a command: client")
    group.addoption("--mail-profile", metavar="NAME", help="how the client spells failures (default: microsoft-365)")
    parser.addini("mail_client", _CLIENT_HELP, default="")
    parser.addini("mail_profile", "how the client spells failures", default="microsoft-365")


class Shortfall(AssertionError):
    """The client under test fell short; the message is the whole story: expectation, diagnosis, answer, dialogue."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    if file_path.suffix != ".toml" or not _client_spec(parent.config) or not _is_scenario(file_path):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


def _is_scenario(path: Path) -> bool:
    """Whether a TOML file means to be a scenario: it names the schema, or has both [[host]] and [expect]."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return "scenario.schema.json" in text.partition("\n")[0] or ("[[host]]" in text and "[expect]" in text)


class ScenarioFile(pytest.File):
    """A scenario file: one test for each scenario that it tells."""

    def collect(self) -> Iterator[ScenarioItem]:
        from harness.scenario.loader import load_file, root_of

        for scenario in load_file(self.path, root_of(self.path)):
            item = ScenarioItem.from_parent(self, name=scenario.id, callobj=_test_of(scenario))
            item.extra_keyword_matches.update(scenario.tags)
            yield item

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from harness.scenario.loader import ScenarioError

        if isinstance(excinfo.value, ScenarioError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class ScenarioItem(pytest.Function):
    """One scenario as a test."""

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Shortfall):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def _test_of(scenario: Scenario) -> Callable[..., None]:
    def test(play: Callable[[Scenario], ScenarioFinished]) -> None:
        play(scenario)

    return test


def _client_spec(config: pytest.Config) -> str:
    return str(config.getoption("--mail-client") or config.getini("mail_client") or "")


@pytest.fixture(scope="session")
def mail_client(request: pytest.FixtureRequest) -> str:
    """The client under test: a `--mail-client` string, a callable `deliver(target) -> Answer`, or a Client.

    Override it in a conftest.py to plug in your own; the default is what --mail-client says, else the reference client.
    """
    return _client_spec(request.config) or "reference"


@pytest.fixture(scope="session")
def _open_mail_clients(request: pytest.FixtureRequest) -> Iterator[Callable[[object], Client]]:
    from harness.clients import open_client
    from harness.clients.python_callable import CallableClient

    opened: dict[Any, Client] = {}
    profile_file = request.config.getoption("--mail-client-profile")

    def client_of(wanted: Any) -> Client:
        if not isinstance(wanted, str) and not callable(wanted):
            return wanted  # type: ignore[no-any-return]  # a Client of the user's own
        if wanted not in opened:
            if isinstance(wanted, str):
                opened[wanted] = open_client(wanted, profile_file=Path(profile_file) if profile_file else None)
            else:
                opened[wanted] = CallableClient(wanted, spec=f"python:{wanted.__module__}:{wanted.__qualname__}")
        return opened[wanted]

    yield client_of
    for client in opened.values():
        client.close()


@pytest.fixture
def _mail_options(request: pytest.FixtureRequest) -> RunOptions:
    from harness.run import RunOptions

    return RunOptions(
        profile=request.config.getoption("--mail-profile") or request.config.getini("mail_profile"),
    )


@pytest.fixture
def play(
    request: pytest.FixtureRequest,
    mail_client: object,
    _open_mail_clients: Callable[[object], Client],
    _mail_options: RunOptions,
) -> Callable[[Scenario | str | Path], ScenarioFinished]:
    """Take `mail_client` through a scenario (an object, an id of a shipped one, or a file); fail where it falls short.

    Returns the finished event, with verdict, answer and journal. Skips, with the reason, what the client declares
    as unsupported.
    """
    from harness.judging.verdict import Ending
    from harness.reports.shortfall import shortfall
    from harness.run import play_once
    from harness.scenario.loader import find_scenario

    def play_scenario(scenario: Scenario | str | Path) -> ScenarioFinished:
        __tracebackhide__ = True
        wanted = find_scenario(scenario) if isinstance(scenario, str | Path) else scenario
        finished = play_once(wanted, _open_mail_clients(mail_client), _mail_options)
        ending = Ending(finished.ending)
        if ending is Ending.UNSUPPORTED:
            pytest.skip(finished.sentence)
        if ending.rank > Ending.UNSUPPORTED.rank:
            raise Shortfall(shortfall(finished))
        return finished

    return play_scenario


@pytest.fixture
def mail_world() -> Iterator[MailWorldFactory]:
    """Build a world in Python, faults as objects: `mail_world(Refuses(), route="smart-host", tls="required")`.

    Each call starts a world, which is closed when the test ends. `.target` is what the client is told, `.entries()` what
    the servers saw, `.diagnose()` what really happened.
    """
    from harness.mail_world import build_world

    opened: list[MailWorld] = []

    def make(*faults: Fault, **settings: Any) -> MailWorld:
        world = build_world(*faults, **settings)
        opened.append(world)
        world.__enter__()
        return world

    yield make
    for world in reversed(opened):
        world.close()
