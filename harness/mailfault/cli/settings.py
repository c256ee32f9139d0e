"""`mailfault.toml` in the working directory: defaults for the command line.

    client = "command:./send --to {recipient}"      # or a list of them
    client_profile = "send.toml"                    # how to read what that client says
    profile = "rfc3463"
    jobs = 4
    sandbox = "always"
    scenarios = "tests/scenarios"

Options on the command line win. Paths are seen from the file's own folder.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mailfault.cli.usage_error import reason
from mailfault.errors import MailfaultError

FILE_NAME = "mailfault.toml"


class SettingsError(MailfaultError, ValueError):
    """mailfault.toml is not as it should be; the message names file, key, value and what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What mailfault.toml says; what it leaves out is None or empty."""

    client: tuple[str, ...] = ()
    client_profile: Path | None = None
    profile: str | None = None
    jobs: int | None = None
    scenarios: Path | None = None
    sandbox: str | None = None


def read_settings(folder: Path | None = None) -> Settings:
    """The settings of `folder` (absent: the working directory). No file is no settings. Raises SettingsError."""
    path = (folder if folder is not None else Path.cwd()) / FILE_NAME
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {reason(error)}") from None
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError alike
        raise SettingsError(f"{path} is no TOML: {error}") from None
    return _checked(path, data)


def _checked(path: Path, data: Mapping[str, Any]) -> Settings:
    known = [one.name for one in fields(Settings)]
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            raise SettingsError(f"{path}: unknown key {key!r}; {hint}")
    client = data.get("client", ())
    if isinstance(client, str):
        client = (client,)
    if not isinstance(client, list | tuple) or not all(isinstance(one, str) and one for one in client):
        raise _bad(path, "client", data["client"], 'a --client string or a list of them, "smtplib"')
    jobs = data.get("jobs")
    if jobs is not None and (type(jobs) is not int or jobs < 1):
        raise _bad(path, "jobs", jobs, "a whole number from 1")
    if data.get("sandbox", "auto") not in ("auto", "always", "never"):
        raise _bad(path, "sandbox", data["sandbox"], '"auto", "always" or "never"')
    for key in ("client_profile", "profile", "scenarios"):
        if key in data and (not isinstance(data[key], str) or not data[key]):
            raise _bad(path, key, data[key], "a string")
    return Settings(
        client=tuple(client),
        client_profile=path.parent / data["client_profile"] if "client_profile" in data else None,
        profile=data.get("profile"),
        jobs=jobs,
        scenarios=path.parent / data["scenarios"] if "scenarios" in data else None,
        sandbox=data.get("sandbox"),
    )


def _bad(path: Path, key: str, value: object, right: str) -> SettingsError:
    return SettingsError(f"{path}: {key} = {value!r} is not right; it is {right}")
