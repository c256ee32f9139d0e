"""`mailfault.toml` in the working directory: defaults for the command line.

    client = "command:./send --to {recipient}"      # or a list of them
    client_profile = "send.toml"                    # how to read the output of that client
    profile = "rfc3463"
    jobs = 4
    sandbox = "always"
    scenarios = "tests/scenarios"

Options on the command line take precedence. Paths are relative to the folder of the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
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


def _checked(path: Path, data: Mapping[str, Any]) -> Settings:
    known = [field.name for field in fields(Settings)]
    for key in data:
        if key not in known:
            import difflib

            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            raise SettingsError(f"{path}: unknown key {key!r}; {hint}")
    client = data.get("client", ())
    if isinstance(client, str):
        client = (client,)
    if not isinstance(client, list | tuple) or not all(isinstance(spec, str) and spec for spec in client):
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
    return SettingsError(f"{path}: {key} = {value!r} is wrong; it has to be {right}")
