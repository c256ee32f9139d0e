"""Scenarios, clients and settings that the command line names. A name that cannot be resolved is refused here."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mailfault.cli.settings import Settings, SettingsError, read_settings
from mailfault.cli.usage_error import refuse

if TYPE_CHECKING:
    from mailfault.clients.client import Client
    from mailfault.codes.code_map import CodeMap
    from mailfault.play.placement import Networks
    from mailfault.scenario.index import Row
    from mailfault.scenario.model import Scenario


DEFAULT_CLIENT = "reference"
DEFAULT_PROFILE = "microsoft-365"


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A scenario and its file."""

    scenario: "Scenario"
    path: Path
    root: Path
    """The folder that the id starts from."""


def settings() -> Settings:
    """Read the settings of the working directory."""
    try:
        return read_settings()
    except SettingsError as error:
        refuse(error)


def root_folder(folder: Path | None, defaults: Settings) -> Path:
    """Return the folder of scenarios: `folder`, or that of the settings, or the shipped one."""
    from mailfault.scenario.files import SHIPPED

    root = folder or defaults.scenarios or SHIPPED
    if not root.is_dir():
        refuse(f"--scenarios {root}: there is no such folder")
    return root


def scenarios_below(root: Path, words: Sequence[str] = ()) -> tuple[Located, ...]:
    """Return the scenarios below `root` in every file that `words` can select, by id; without words, all of them.

    A mistake in one of these files is refused. A mistake in another file is not reported.
    """
    from mailfault.scenario.loader import load_matching

    return _located(root, lambda: load_matching(root, words))


def _located(root: Path, load: Callable[[], Iterable["Scenario"]]) -> tuple[Located, ...]:
    from mailfault.scenario.files import file_of

    try:
        return tuple(Located(scenario=scenario, path=file_of(root, scenario.id), root=root) for scenario in load())
    except (ValueError, OSError) as error:
        refuse(error)


def select_rows(words: Sequence[str] | None, root: Path) -> dict["Row", Path]:
    """Return a row for each scenario that SELECT names, with its file, by id. No words select all below `root`.

    Only the files that the words can select are read. Their mistakes are refused.
    """
    from mailfault.scenario.index import row_of

    files, patterns = _files_and_patterns(words)
    found = _matching_rows(patterns, root) if patterns or not files else {}
    found |= {row_of(located.scenario): located.path for path in files for located in _from_file(path)}
    return {row: found[row] for row in sorted(found, key=lambda row: row.id)}


def select_scenarios(words: Sequence[str] | None, root: Path) -> tuple[Located, ...]:
    """Return the scenarios that SELECT names, each once, by id. No words select all scenarios below `root`.

    Only the files that the words can select are read. Their mistakes are refused.
    """
    from mailfault.scenario.loader import load_stories
    from mailfault.scenario.select import story_of

    files, patterns = _files_and_patterns(words)
    found: dict[str, Located] = {}
    if patterns or not files:
        ids = {row.id for row in _matching_rows(patterns, root)}
        candidates = _located(root, lambda: load_stories(root, {story_of(identity) for identity in ids}))
        found = {located.scenario.id: located for located in candidates if located.scenario.id in ids}
    found |= {located.scenario.id: located for path in files for located in _from_file(path)}
    return tuple(found[identity] for identity in sorted(found))


def _files_and_patterns(words: Sequence[str] | None) -> tuple[list[Path], list[str]]:
    files = [word for word in words or () if word.endswith((".toml", ".py")) and Path(word).is_file()]
    return [Path(word) for word in files], [word for word in words or () if word not in files]


def _matching_rows(patterns: Sequence[str], root: Path) -> dict["Row", Path]:
    from mailfault.scenario.files import file_of, stories
    from mailfault.scenario.index import rows_below
    from mailfault.scenario.select import select

    try:
        rows = rows_below(root, patterns)
        if not rows and not stories(root):
            refuse(f"there are no scenarios below {root}; each is a .toml file, see the shipped ones")
        return {row: file_of(root, row.id) for row in select(rows, patterns, known=lambda: stories(root))}
    except (ValueError, LookupError, OSError) as error:
        refuse(error)


def _from_file(path: Path) -> list[Located]:
    from mailfault.scenario.loader import load_file, root_of

    try:
        root = root_of(path)
        return [Located(scenario=scenario, path=path, root=root) for scenario in load_file(path, root)]
    except (ValueError, OSError) as error:
        refuse(error)


def code_map_named(name: str) -> "CodeMap":
    """Return the code map of this name."""
    from mailfault.codes.code_maps import find_code_map
    from mailfault.errors import MailfaultError

    try:
        return find_code_map(name)
    except MailfaultError as error:
        refuse(error)


@contextmanager
def opened_clients(
    specs: Sequence[str] | None,
    profile_file: Path | None,
    defaults: Settings,
    python: str | None = None,
    in_process: bool = False,
) -> Iterator[tuple["Client", ...]]:
    """Open the clients that --client names, and close them at the end.

    A client profile on the command line belongs to the only client; one in mailfault.toml, to the clients named there.
    `python` and `in_process` are for the `python:` clients.
    """
    from mailfault.clients import ClientError, open_client

    wanted = tuple(dict.fromkeys(specs or defaults.client or (DEFAULT_CLIENT,)))
    if profile_file is not None and len(wanted) > 1:
        refuse("--client-profile is for a single client; use it with one --client")
    if (python is not None or in_process) and not any(spec.startswith(("python:", "python@")) for spec in wanted):
        refuse(f"{'--in-process' if in_process else '--python'} is for clients of the form python:module:function")
    in_ours = in_process or (defaults.in_process and python is None)
    interpreter = python or (None if in_ours else defaults.python)
    opened: list[Client] = []
    try:
        for spec in wanted:
            file = profile_file or (defaults.client_profile if spec in defaults.client else None)
            try:
                opened.append(open_client(spec, profile_file=file, python=interpreter, in_process=in_ours))
            except ClientError as error:
                refuse(error)
        yield tuple(opened)
    finally:
        for client in opened:
            client.close()


def networks(use: str | None, defaults: Settings) -> "Networks":
    """Return the networks for --sandbox, or for the key in mailfault.toml; the default is "auto"."""
    from mailfault.play.placement import Networks, SandboxUse

    wanted = use or defaults.sandbox or SandboxUse.AUTO
    try:
        return Networks(SandboxUse(wanted))
    except ValueError:
        refuse(f"--sandbox {wanted!r} is not one of {', '.join(SandboxUse)}")


def check_network(wanted: "Networks", clients: Sequence["Client"]) -> None:
    """Refuse a client that cannot run in the network it was given, before any scenario runs."""
    from mailfault.contract import Unsupported

    for client in clients:
        try:
            wanted.check(client)
        except Unsupported as refusal:
            refuse(refusal)
