"""From what stands on the command line to scenarios, clients and settings; what cannot be had is refused here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mailfault.cli.settings import Settings, SettingsError, read_settings
from mailfault.cli.usage_error import refuse

if TYPE_CHECKING:
    from mailfault.clients.client import Client
    from mailfault.codes.profile import Profile
    from mailfault.play.placement import Networks
    from mailfault.scenario.model import Scenario


DEFAULT_CLIENT = "reference"
DEFAULT_PROFILE = "microsoft-365"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A scenario and the file that tells it."""

    scenario: "Scenario"
    path: Path
    root: Path
    """The folder below which its place is its id."""


def settings() -> Settings:
    """The settings of the working directory."""
    try:
        return read_settings()
    except SettingsError as error:
        refuse(error)


def root_folder(folder: Path | None, defaults: Settings) -> Path:
    """Where scenarios are looked for."""
    from mailfault.scenario.loader import SHIPPED

    root = folder or defaults.scenarios or SHIPPED
    if not root.is_dir():
        refuse(f"--scenarios {root}: there is no such folder")
    return root


def every_scenario(root: Path) -> tuple[Chosen, ...]:
    """All scenarios below `root`, by id."""
    from mailfault.scenario.loader import file_of, load_all

    try:
        return tuple(Chosen(scenario=one, path=file_of(root, one.id), root=root) for one in load_all(root))
    except (ValueError, OSError) as error:
        refuse(error)


def choose(select: Sequence[str] | None, root: Path) -> tuple[Chosen, ...]:
    """The scenarios that SELECT names, each once, by id; all below `root` where it names none."""
    from mailfault.scenario.select import select as pick

    files = [word for word in select or () if word.endswith((".toml", ".py")) and Path(word).is_file()]
    patterns = [word for word in select or () if word not in files]
    found = {one.scenario.id: one for path in files for one in _from_file(Path(path))}
    if patterns or not files:
        known = {one.scenario.id: one for one in every_scenario(root)}
        if not known:
            refuse(f"there are no scenarios below {root}; each is a .toml file, see the shipped ones")
        try:
            picked = pick([one.scenario for one in known.values()], patterns)
        except (ValueError, LookupError) as error:
            refuse(error)
        for scenario in picked:
            found.setdefault(scenario.id, known[scenario.id])
    return tuple(found[identity] for identity in sorted(found))


def _from_file(path: Path) -> list[Chosen]:
    from mailfault.scenario.loader import load_file, root_of

    try:
        root = root_of(path)
        return [Chosen(scenario=one, path=path, root=root) for one in load_file(path, root)]
    except (ValueError, OSError) as error:
        refuse(error)


def profile_named(name: str) -> "Profile":
    """The profile of this name."""
    from mailfault.codes.profiles import find_profile

    try:
        return find_profile(name)
    except LookupError as error:
        refuse(error)


@contextmanager
def opened_clients(
    specs: Sequence[str] | None, profile_file: Path | None, defaults: Settings
) -> Iterator[tuple["Client", ...]]:
    """The clients that --client names, closed in the end.

    A client profile on the command line is for the only client; that of mailfault.toml is for the clients it names.
    """
    from mailfault.clients import ClientError, open_client

    wanted = tuple(dict.fromkeys(specs or defaults.client or (DEFAULT_CLIENT,)))
    if profile_file is not None and len(wanted) > 1:
        refuse("--client-profile says how to read one client; give it with one --client")
    opened: list[Client] = []
    try:
        for spec in wanted:
            own = profile_file or (defaults.client_profile if spec in defaults.client else None)
            try:
                opened.append(open_client(spec, profile_file=own))
            except ClientError as error:
                refuse(error)
        yield tuple(opened)
    finally:
        for client in opened:
            client.close()


def networks(use: str | None, defaults: Settings) -> "Networks":
    """The networks that --sandbox asks for, or mailfault.toml; where neither does, "auto"."""
    from mailfault.play.placement import Networks, SandboxUse

    wanted = use or defaults.sandbox or SandboxUse.AUTO
    try:
        return Networks(SandboxUse(wanted))
    except ValueError:
        refuse(f"--sandbox {wanted!r} is not one of {', '.join(SandboxUse)}")


def check_network(wanted: "Networks", clients: Sequence["Client"]) -> None:
    """Refuse what no scenario could be played with: a client that cannot be where it was told to be."""
    from mailfault.contract import Unsupported

    for client in clients:
        try:
            wanted.check(client)
        except Unsupported as refusal:
            refuse(refusal)
