"""`mailfault.toml` in the working directory: defaults for the command line.

    client = "command:./send --to {recipient}"      # or a list of them
    client_profile = "send.toml"                    # how to read the output of that client
    python = ".venv"                                # interpreter or virtual environment of python: clients
    in_process = false                              # true: run python: clients in mailfault's own process
    profile = "rfc3463"
    jobs = 4
    sandbox = "always"
    scenarios = "tests/scenarios"

Options on the command line take precedence. Paths are relative to the folder of the file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailfault.cli.usage_error import reason
from mailfault.errors import MailfaultError

FILE_NAME = "mailfault.toml"


class SettingsError(MailfaultError, ValueError):
    """mailfault.toml is wrong. The message names file, key, value and the legal values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values of mailfault.toml. Keys that it leaves out are None or empty."""

    client: tuple[str, ...] = ()
    client_profile: Path | None = None
    python: str | None = None
    in_process: bool = False
    profile: str | None = None
    jobs: int | None = None
    scenarios: Path | None = None
    sandbox: str | None = None


def read_settings(folder: Path | None = None) -> Settings:
    """Read the settings of `folder`, by default the working directory. No file means none. Raises SettingsError."""
    path = (folder if folder is not None else Path.cwd()) / FILE_NAME
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {reason(error)}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    return _checked(path, data)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


_CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "client": (
        lambda value: _is_text(value) or (isinstance(value, list) and all(map(_is_text, value))),
        'a --client string or a list of them, "smtplib"',
    ),
    "client_profile": (_is_text, "a string"),
    "python": (_is_text, "a string"),
    "in_process": (lambda value: type(value) is bool, "true or false"),
    "profile": (_is_text, "a string"),
    "jobs": (lambda value: type(value) is int and value >= 1, "a whole number from 1"),
    "scenarios": (_is_text, "a string"),
    "sandbox": (lambda value: value in ("auto", "always", "never"), '"auto", "always" or "never"'),
}
"""The keys, each with the check of its value, and its legal values."""


def _checked(path: Path, data: Mapping[str, Any]) -> Settings:
    for key, value in data.items():
        if key not in _CHECKS:
            raise _unknown_key(path, key)
        is_legal, legal = _CHECKS[key]
        if not is_legal(value):
            raise SettingsError(f"{path}: {key} = {value!r} is wrong; it has to be {legal}")
    client = data.get("client", ())
    return Settings(
        client=(client,) if isinstance(client, str) else tuple(client),
        client_profile=path.parent / data["client_profile"] if "client_profile" in data else None,
        python=_interpreter(path.parent, data.get("python")),
        in_process=data.get("in_process", False),
        profile=data.get("profile"),
        jobs=data.get("jobs"),
        scenarios=path.parent / data["scenarios"] if "scenarios" in data else None,
        sandbox=data.get("sandbox"),
    )


def _interpreter(folder: Path, named: str | None) -> str | None:
    """Return a path relative to the file's folder as one from here; a bare name that is no file is on the PATH."""
    return str(folder / named) if named is not None and ("/" in named or (folder / named).exists()) else named


def _unknown_key(path: Path, key: str) -> SettingsError:
    import difflib

    near = difflib.get_close_matches(key, _CHECKS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(_CHECKS)}"
    return SettingsError(f"{path}: unknown key {key!r}; {hint}")
