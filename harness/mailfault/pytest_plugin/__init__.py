"""The pytest plugin: scenario files as tests, and worlds, clients and verdicts as fixtures.

    pytest --mail-client smtplib --pyargs mailfault.scenarios        every scenario that comes with mailfault is a test
    pytest --mail-client python:myapp.mail:deliver stories/ -k certificate

Fixtures: `mail_client` (override it in a conftest.py), `mail_world(...)`, `play(scenario)`. Nothing is imported and
nothing collected where none of this is used.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mailfault.clients.client import Client
    from mailfault.events import ScenarioFinished
    from mailfault.play.play import RunOptions
    from mailfault.pytest_plugin.mail_world import MailWorld
    from mailfault.scenario.model import Scenario
    from mailfault_servers.fault import Fault

MailWorldFactory = Callable[..., "MailWorld"]
_CLIENT_HELP = "the delivery client under test: reference, smtplib, python:module:function, command:..., ..."
_PROFILE_HELP = "how the client spells failures: microsoft-365 (default), rfc3463"
_SANDBOX_HELP = "whether clients get a network of their own, with ports 25 and 53: auto (default), always, never"
_MARKS_OF_A_SCENARIO = re.compile(r"^(?:(title|why|refs)\s*=|\[\[(host)\]\]|\[(expect)\])", re.MULTILINE)
"""What every scenario has. Three of the five tell one from other TOML, also where it has a mistake."""


class Shortfall(AssertionError):
    """The client under test fell short; the message is the whole story: expectation, diagnosis, answer, dialogue."""

    def __init__(self, story: str, *, in_short: str) -> None:
        super().__init__(story)
        self.in_short = in_short
        """Ending and reason, for lists with one line a test."""


# -- options, and the end of the session ---------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mailfault", "mailfault: does the mail client understand what went wrong?")
    group.addoption("--mail-client", metavar="KIND:WHAT", help=f"{_CLIENT_HELP}; collects scenario files as tests")
    group.addoption("--mail-client-profile", metavar="FILE", help="client profile (TOML): how to read what it says")
    group.addoption("--mail-profile", metavar="NAME", help=_PROFILE_HELP)
    group.addoption(
        "--mail-scenarios",
        action="store_true",
        help="collect scenario files as tests, for the client that the fixture mail_client names",
    )
    group.addoption("--mail-sandbox", choices=("auto", "always", "never"), help=_SANDBOX_HELP)
    group.addoption(
        "--mail-pcap", metavar="DIR", help="write every packet of each play in the sandbox to a file in DIR"
    )
    parser.addini("mail_client", f"{_CLIENT_HELP}; collects scenario files as tests", default="")
    parser.addini("mail_profile", _PROFILE_HELP, default="")
    parser.addini("mail_sandbox", _SANDBOX_HELP, default="")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse at once what the command line asks for and cannot be had. Raises pytest.UsageError."""
    spec, profile_file = config.getoption("--mail-client"), _client_profile(config)
    if spec is not None or profile_file is not None:
        from mailfault.clients import ClientError, open_client

        try:
            open_client("reference" if spec is None else spec, profile_file=profile_file).close()
        except ClientError as error:
            raise pytest.UsageError(str(error).replace("--client ", "--mail-client ")) from None
    spelling = config.getoption("--mail-profile")
    if spelling is not None:
        from mailfault.codes.profiles import find_profile

        try:
            find_profile(spelling)
        except LookupError as error:
            raise pytest.UsageError(f"--mail-profile: {error.args[0]}") from None


def pytest_unconfigure() -> None:
    """End the thread of the fake servers, where any were started."""
    loop = sys.modules.get("mailfault_servers.loop")
    if loop is not None:
        loop.stop_server_loop()


def _client_spec(config: pytest.Config) -> str:
    return str(config.getoption("--mail-client") or config.getini("mail_client") or "")


def _client_profile(config: pytest.Config) -> Path | None:
    file = config.getoption("--mail-client-profile")
    return None if file is None else Path(file)


# -- scenario files as tests ---------------------------------------------------------------------------------------


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    if file_path.suffix != ".toml" and not _is_family(file_path):
        return None
    wanted = bool(_client_spec(parent.config)) or parent.config.getoption("--mail-scenarios")
    named = parent.session.isinitpath(file_path)
    if (wanted or named) and (_is_family(file_path) or _is_scenario(file_path)):
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


def _is_family(path: Path) -> bool:
    """Whether a Python file yields scenarios: by its place in the folder "families" of a folder of scenarios."""
    if path.suffix != ".py" or path.parent.name != "families" or path.stem.startswith("_"):
        return False
    return "def scenarios(" in path.read_text(encoding="utf-8", errors="replace")


def _is_scenario(path: Path) -> bool:
    """Whether a TOML file means to be a scenario: it names the schema, or has most of what a scenario needs."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if "scenario.schema.json" in text.partition("\n")[0]:
        return True
    return len({found[0] for found in _MARKS_OF_A_SCENARIO.finditer(text)}) >= 3


class ScenarioFile(pytest.File):
    """A scenario file: one test for each scenario that it tells."""

    def collect(self) -> Iterator[ScenarioItem]:
        from mailfault.scenario.loader import load_file, root_of

        for scenario in load_file(self.path, root_of(self.path)):
            item = ScenarioItem.from_parent(self, name=scenario.id, callobj=_test_of(scenario))
            item.extra_keyword_matches.update(scenario.tags)
            yield item

    def repr_failure(  # type: ignore[override]  # pytest's Collector itself takes less than its Node
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Any:
        from mailfault.scenario.loader import ScenarioError

        if isinstance(excinfo.value, ScenarioError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class ScenarioItem(pytest.Function):
    """One scenario as a test."""

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Shortfall | pytest.fail.Exception):
            told = excinfo.getrepr(style="value")
            if isinstance(excinfo.value, Shortfall) and told.reprcrash is not None:
                told.reprcrash.message = excinfo.value.in_short
            return told
        return super().repr_failure(excinfo)


def _test_of(scenario: Scenario) -> Callable[..., None]:
    def test(play: Callable[[Scenario], ScenarioFinished]) -> None:
        play(scenario)

    return test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A scenario that was skipped is told with its own file, not with the line of this plugin that skipped it."""
    report = yield
    if isinstance(item, ScenarioItem) and report.skipped and isinstance(report.longrepr, tuple):
        report.longrepr = (str(item.path), 1, report.longrepr[2])
    return report


# -- fixtures ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def mail_client(request: pytest.FixtureRequest) -> object:
    """The client under test: a `--mail-client` string, a callable `deliver(target) -> Answer`, or a Client.

    Override it in a conftest.py to plug in your own; the default is what --mail-client says, else the reference client.
    """
    return _client_spec(request.config) or "reference"


class _OpenClients:
    """The clients opened in this session, each once."""

    def __init__(self, profile_file: Path | None) -> None:
        self._profile_file = profile_file
        self._opened: list[tuple[object, Client]] = []

    def client_of(self, wanted: Any) -> Client:
        """The client that a `mail_client` stands for. Raises ClientError."""
        from mailfault.clients import ClientError, open_client
        from mailfault.clients.client_profile import read_client_profile
        from mailfault.clients.library.callable_client import CallableClient
        from mailfault.pytest_plugin.repeating import place_of

        if hasattr(wanted, "deliver") and hasattr(wanted, "supports"):
            return wanted  # type: ignore[no-any-return]  # a Client of the user's own, which the user closes
        for known, client in self._opened:
            if known is wanted or (isinstance(wanted, str) and known == wanted):
                return client
        if isinstance(wanted, str):
            client = open_client(wanted, profile_file=self._profile_file)
        elif callable(wanted):
            profile = read_client_profile(self._profile_file) if self._profile_file is not None else None
            client = CallableClient(wanted, spec=f"python:{place_of(wanted)}", profile=profile)
        else:
            raise ClientError(
                f"the fixture mail_client gives {wanted!r}; it has to give a --mail-client string, "
                "a callable deliver(target) -> Answer, or a Client"
            )
        self._opened.append((wanted, client))
        return client

    def close(self) -> None:
        with contextlib.ExitStack() as closing:
            for _, client in self._opened:
                closing.callback(client.close)


@pytest.fixture(scope="session")
def _open_mail_clients(request: pytest.FixtureRequest) -> Iterator[_OpenClients]:
    with contextlib.closing(_OpenClients(_client_profile(request.config))) as opened:
        yield opened


@pytest.fixture(scope="session")
def _mail_options(request: pytest.FixtureRequest) -> RunOptions:
    from mailfault.codes.profiles import DEFAULT, find_profile
    from mailfault.play.placement import Networks, SandboxUse
    from mailfault.play.play import RunOptions

    spelling = request.config.getoption("--mail-profile") or request.config.getini("mail_profile") or DEFAULT
    problem = None
    try:
        find_profile(spelling)
    except LookupError as error:
        problem = f"mail_profile: {error.args[0]}"
    if problem:
        pytest.fail(problem, pytrace=False)
    use = request.config.getoption("--mail-sandbox") or request.config.getini("mail_sandbox") or SandboxUse.AUTO
    if use not in set(SandboxUse):
        pytest.fail(f"mail_sandbox: {use!r} is not one of {', '.join(SandboxUse)}", pytrace=False)
    folder = request.config.getoption("--mail-pcap")
    captures = Path(folder) if folder is not None else None
    return RunOptions(profile=spelling, networks=Networks(SandboxUse(use)), captures=captures)


@pytest.fixture
def play(
    request: pytest.FixtureRequest,
    mail_client: object,
    _open_mail_clients: _OpenClients,
    _mail_options: RunOptions,
) -> Callable[[Scenario | str | Path], ScenarioFinished]:
    """Take `mail_client` through a scenario (an object, an id of a shipped one, or a file); fail where it falls short.

    Returns the finished event, with verdict, answer and journal. Skips, with the reason, what the client declares
    as unsupported. A file is looked for from the working directory, beside the test, and from the root directory.
    """
    from mailfault.clients import ClientError
    from mailfault.judging.verdict import Ending
    from mailfault.play.run import play_once
    from mailfault.pytest_plugin.repeating import repeating
    from mailfault.reports.shortfall import shortfall
    from mailfault.scenario.loader import ScenarioError, find_scenario

    def play_scenario(scenario: Scenario | str | Path) -> ScenarioFinished:
        __tracebackhide__ = True
        problem = ""
        try:
            client = _open_mail_clients.client_of(mail_client)
            if isinstance(scenario, str | Path):
                scenario = _found_from(request, scenario)
            wanted = find_scenario(scenario) if isinstance(scenario, str | Path) else scenario
        except (ClientError, ScenarioError) as error:
            problem = str(error)
        if problem:
            pytest.fail(problem)
        finished = play_once(wanted, client, _mail_options)
        ending = Ending(finished.ending)
        if ending is Ending.UNSUPPORTED:
            pytest.skip(finished.sentence)
        if ending.is_shortfall:
            again = repeating(request, mail_client, scenario, wanted, _mail_options)
            story = shortfall(replace(finished, repeat="\n".join(again)))
            raise Shortfall(story, in_short=f"{ending}: {finished.sentence}")
        return finished

    return play_scenario


@pytest.fixture
def mail_world() -> Iterator[MailWorldFactory]:
    """Build a world in Python, faults as objects: `mail_world(Refuse(), route="smart-host", tls="required")`.

    Each call starts a world, which is closed when the test ends. `.target` is what the client is told, `.entries()`
    what the servers saw, `.diagnose()` what really happened.
    """
    from mailfault.pytest_plugin.mail_world import build_world

    with contextlib.ExitStack() as opened:

        def make(*faults: Fault, **settings: Any) -> MailWorld:
            return opened.enter_context(build_world(*faults, **settings))

        yield make


def _found_from(request: pytest.FixtureRequest, wanted: str | Path) -> str | Path:
    """A file below the working directory, the test's folder or the root directory; an id is returned as it is."""
    if isinstance(wanted, str) and not wanted.endswith(".toml"):
        return wanted
    folders = (Path.cwd(), request.path.parent, request.config.rootpath)
    return next((folder / wanted for folder in folders if (folder / wanted).is_file()), Path(wanted))
