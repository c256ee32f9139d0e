"""Client profiles (TOML): what a client does not support and why, and how to read one that only exits and prints.

    name = "sendit 2.1"
    policies = ["mta-sts"]

    [[unsupported]]
    scenarios = ["dns/*"]
    because = "sendit asks the system's resolver and cannot be told another."

    [[answer]]
    exit = 75
    pattern = 'refused by (?P<server_name>\\S+)'
    outcome = "deferred"
    failure = "connection-refused"
    because = "EX_TEMPFAIL, and connect(2)'s own word."

The first `[[answer]]` that fits decides. Named groups of its pattern fill in the answer: `code`, `reply`, `text`,
`server_name`, `server_address`.
"""

import fnmatch
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from mailfault.clients.errors import ClientError
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, Policy, Route, Server, Target, TlsPolicy, check_merged

_GROUPS = frozenset({"code", "reply", "text", "server_name", "server_address"})
_TEXT_KEPT = 2000
"""Characters of a program's words that become the answer's text, from the end: what killed it stands there."""

_Reason = Annotated[str, Field(min_length=10)]


def _listed(value: object) -> object:
    return value if isinstance(value, (list, tuple)) else (value,)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class UnsupportedScenarios(_Table):
    """What the client cannot be asked. All keys that are given must fit."""

    scenarios: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    """Globs of scenario ids."""
    route: Annotated[tuple[Route, ...], BeforeValidator(_listed)] = ()
    tls: Annotated[tuple[TlsPolicy, ...], BeforeValidator(_listed)] = ()
    crl: bool | None = None
    """Whether a revocation list is given."""
    sandbox: bool | None = None
    """Whether the world is in the sandbox, where names are looked up at its own name server."""
    because: _Reason
    """Why, in words for a person."""

    @model_validator(mode="after")
    def _check_sense(self) -> Self:
        if not (self.scenarios or self.route or self.tls or self.crl is not None or self.sandbox is not None):
            raise ValueError("say what is not supported: one of 'scenarios', 'route', 'tls', 'crl', 'sandbox'")
        return self

    def covers(self, scenario_id: str, target: Target) -> bool:
        return (
            (not self.scenarios or any(_fits(scenario_id, glob) for glob in self.scenarios))
            and (not self.route or target.route in self.route)
            and (not self.tls or target.tls in self.tls)
            and (self.crl is None or self.crl == (target.crl_file is not None))
            and (self.sandbox is None or self.sandbox == (target.launcher is not None))
        )


class AnswerRule(_Table):
    """How one way of ending is read."""

    exit: Annotated[tuple[int, ...], BeforeValidator(_listed)] = ()
    """Exit statuses that fit; absent: any. A signal is its number, negative."""
    pattern: str | None = None
    """Regular expression, looked for in what the program printed, stdout then stderr; ^ and $ are those of a line."""
    outcome: Outcome | None = None
    """What became of the message. Absent: where the client says it apart, as mail transfer agents do in their logs."""
    failure: Annotated[tuple[Failure, ...], BeforeValidator(_listed)] = ()
    """The failure that it stands for; several: the client does not tell these apart, here at least."""
    code: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None
    because: _Reason
    """Where that is said: the program's manual, its source, a measurement."""

    @field_validator("failure")
    @classmethod
    def _check_failure(cls, failure: tuple[Failure, ...]) -> tuple[Failure, ...]:
        check_merged(failure)
        return failure

    @field_validator("pattern")
    @classmethod
    def _check_pattern(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        try:
            groups = set(re.compile(pattern).groupindex)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        if unknown := sorted(groups - _GROUPS):
            raise ValueError(f"unknown group {unknown[0]!r}; known are {', '.join(sorted(_GROUPS))}")
        return pattern

    @model_validator(mode="after")
    def _check_sense(self) -> Self:
        if not self.exit and self.pattern is None:
            raise ValueError("say what the rule is for: at least one of 'exit', 'pattern'")
        return self

    def read(self, exit_status: int, output: str, outcome: Outcome | None = None) -> Answer | None:
        """The answer, where the rule fits; else None. `outcome`: what became of the message, where that is known."""
        if self.exit and exit_status not in self.exit:
            return None
        named: dict[str, str | None] = {}
        if self.pattern is not None:
            found = re.search(self.pattern, output, re.MULTILINE)
            if found is None:
                return None
            named = found.groupdict()
        outcome = outcome or self.outcome
        assert outcome is not None, "read_client_profile checks it"
        name, address = named.get("server_name"), named.get("server_address")
        return Answer(
            outcome=outcome,
            code=named.get("code") or self.code,
            failure=self.failure[0] if self.failure else None,
            also=self.failure[1:],
            reply=named.get("reply"),
            text=named.get("text") or output.strip()[-_TEXT_KEPT:] or f"exit status {exit_status}",
            server=Server(name=name, address=address) if name or address else None,
        )


_POLICIES = {Policy.DANE: "DANE (RFC 7672)", Policy.MTA_STS: "MTA-STS (RFC 8461)"}


class ClientProfile(_Table):
    """One client's profile."""

    name: str | None = None
    """The client as a person knows it."""
    policies: Annotated[tuple[Policy, ...], BeforeValidator(_listed)] = ()
    """Which policies of a recipient's domain the client heeds: "dane", "mta-sts". It is asked for no other."""
    unsupported: tuple[UnsupportedScenarios, ...] = ()
    answer: tuple[AnswerRule, ...] = ()

    def why_not(self, scenario_id: str, target: Target, *, heeds: Iterable[str] = ()) -> str | None:
        """The reason why the client cannot be asked this; None: it can. `heeds`: policies declared elsewhere."""
        declared = next((one.because for one in self.unsupported if one.covers(scenario_id, target)), None)
        if declared is not None:
            return declared
        missing = [one for one in target.policies if one not in (*self.policies, *heeds)]
        return f"The client does not declare that it heeds {_POLICIES[missing[0]]}." if missing else None

    def read(self, exit_status: int, output: str, *, outcome: Outcome | None = None) -> Answer | None:
        """The answer by the first rule that fits; None where none does. `outcome`: what became of the message, where
        that is known."""
        fitting = (rule.read(exit_status, output, outcome) for rule in self.answer)
        return next((read for read in fitting if read is not None), None)


def read_client_profile(file: Path, *, outcomes_known: bool = False) -> ClientProfile:
    """Read a client profile. `outcomes_known`: its rules need not say what became of the message. Raises ClientError
    with all mistakes of the file, each with its key."""
    try:
        with file.open("rb") as opened:
            data = tomllib.load(opened)
    except OSError as error:
        raise ClientError(f"cannot read the client profile {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ClientError(f"the client profile {file} is not TOML: {error}") from error
    try:
        profile = ClientProfile.model_validate(data)
    except ValidationError as error:
        mistakes = "\n".join(f"  {_mistake(one)}" for one in error.errors())
        raise ClientError(f"the client profile {file} has mistakes:\n{mistakes}") from None
    without = [number for number, rule in enumerate(profile.answer) if rule.outcome is None]
    if without and not outcomes_known:
        one = f"answer[{without[0]}]: say what became of the message: 'outcome' is {', '.join(Outcome)}"
        raise ClientError(f"the client profile {file} has mistakes:\n  {one}")
    return profile


def shipped_profile(name: str, *, outcomes_known: bool = False) -> ClientProfile:
    """The profile that lies beside the adapter of that file name."""
    return read_client_profile(Path(__file__).parent / "adapters" / f"{name}.toml", outcomes_known=outcomes_known)


def _fits(scenario_id: str, glob: str) -> bool:
    # "connect/refused" also means what the loader makes of it for each route: "connect/refused[route=mx]".
    bare = scenario_id.partition("[")[0]
    # The brackets of an id are no set of characters: "smtp-break[*how=silent*]".
    literal = glob.replace("[", "[[]")
    return fnmatch.fnmatchcase(scenario_id, literal) if "[" in glob else fnmatch.fnmatchcase(bare, glob)


def _mistake(error: Any) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "no such key here"
    value = error.get("input")
    shown = f" (is {value!r})" if isinstance(value, (str, int, float)) else ""
    return f"{place or 'the file'}{shown}: {message}"
