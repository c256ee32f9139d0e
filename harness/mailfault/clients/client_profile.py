"""Client profiles (TOML): the scenarios that a client does not support, and rules that read its exit status and output.

    name = "sendit 2.1"
    policies = ["mta-sts"]
    revocation = true

    [[unsupported]]
    scenarios = ["dns/*"]
    because = "sendit uses the system's resolver and takes no other."

    [[answer]]
    exit = 75
    pattern = 'refused by (?P<server_name>\\S+)'
    outcome = "deferred"
    failure = "connection-refused"
    because = "EX_TEMPFAIL, and connect(2)'s own word."

The first `[[answer]]` that matches decides. Named groups of its pattern fill in the answer: `code`, `reply`, `text`,
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
"""Characters of a program's output that become the answer's text, from the end, where the fatal error stands."""

_Reason = Annotated[str, Field(min_length=10)]


def _as_list(value: object) -> object:
    return value if isinstance(value, (list, tuple)) else (value,)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class UnsupportedScenarios(_Table):
    """Scenarios that the client cannot be given. All keys that are present must match."""

    scenarios: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    """Globs of scenario ids."""
    route: Annotated[tuple[Route, ...], BeforeValidator(_as_list)] = ()
    tls: Annotated[tuple[TlsPolicy, ...], BeforeValidator(_as_list)] = ()
    crl: bool | None = None
    """True if the target has a revocation list."""
    sandbox: bool | None = None
    """True if the world is in the sandbox, which has its own name server."""
    because: _Reason
    """The reason, for a person."""

    @model_validator(mode="after")
    def _check_sense(self) -> Self:
        if not (self.scenarios or self.route or self.tls or self.crl is not None or self.sandbox is not None):
            raise ValueError("say what is not supported: one of 'scenarios', 'route', 'tls', 'crl', 'sandbox'")
        return self

    def covers(self, scenario_id: str, target: Target) -> bool:
        """Return whether all keys match."""
        return (
            (not self.scenarios or any(_matches(scenario_id, glob) for glob in self.scenarios))
            and (not self.route or target.route in self.route)
            and (not self.tls or target.tls in self.tls)
            and (self.crl is None or self.crl == (target.crl_file is not None))
            and (self.sandbox is None or self.sandbox == (target.launcher is not None))
        )


class AnswerRule(_Table):
    """A rule that reads an answer from one exit status or output."""

    exit: Annotated[tuple[int, ...], BeforeValidator(_as_list)] = ()
    """Exit statuses that match; omit it to match any. A signal is its number, negative."""
    pattern: str | None = None
    """Regular expression, searched in stdout and then stderr; ^ and $ match at each line."""
    outcome: Outcome | None = None
    """Omit it if the adapter determines the outcome separately, as MTAs do from their logs."""
    failure: Annotated[tuple[Failure, ...], BeforeValidator(_as_list)] = ()
    """The failure; several if the client does not distinguish them here."""
    code: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None
    because: _Reason
    """The source: the program's manual, its source code, a measurement."""

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
            raise ValueError("say what the rule matches: at least one of 'exit', 'pattern'")
        return self

    def read(self, exit_status: int, output: str, outcome: Outcome | None = None) -> Answer | None:
        """Return the answer, or None if the rule does not match. `outcome` replaces the rule's own, if it is known."""
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
    """The client's name, for a person."""
    policies: Annotated[tuple[Policy, ...], BeforeValidator(_as_list)] = ()
    """Policies of a recipient's domain that the client follows: "dane", "mta-sts". It is given no other."""
    composes: bool = False
    """True if the client composes the message itself, from the parts of the given one: only the texts are compared."""
    revocation: bool = False
    """True if the client checks the revocation list of its target (RFC 5280 6.3). Otherwise it is given none."""
    unsupported: tuple[UnsupportedScenarios, ...] = ()
    answer: tuple[AnswerRule, ...] = ()

    def why_not(
        self,
        scenario_id: str,
        target: Target,
        *,
        also_follows: Iterable[str] = (),
        also_checks_revocation: bool = False,
    ) -> str | None:
        """Return the reason why the client cannot be given this; None if it can.

        `also_follows` and `also_checks_revocation` are what the client declares elsewhere than in its profile.
        """
        declared = next((entry.because for entry in self.unsupported if entry.covers(scenario_id, target)), None)
        if declared is not None:
            return declared
        missing = [policy for policy in target.policies if policy not in (*self.policies, *also_follows)]
        if missing:
            return f"The client does not declare that it follows {_POLICIES[missing[0]]}."
        if target.crl_file is not None and not (self.revocation or also_checks_revocation):
            return "The client does not declare that it checks revocation lists (RFC 5280 6.3)."
        return None

    def read(self, exit_status: int, output: str, *, outcome: Outcome | None = None) -> Answer | None:
        """Return the answer by the first rule that matches; None if none does. `outcome` replaces the rule's own."""
        answers = (rule.read(exit_status, output, outcome) for rule in self.answer)
        return next((answer for answer in answers if answer is not None), None)


def read_client_profile(file: Path, *, outcomes_known: bool = False) -> ClientProfile:
    """Read a client profile. Raises ClientError with all mistakes of the file, each with its key.

    `outcomes_known`: the adapter determines the outcome, so rules may omit it.
    """
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
        mistakes = "\n".join(f"  {_mistake(found)}" for found in error.errors())
        raise ClientError(f"the client profile {file} has mistakes:\n{mistakes}") from None
    without = [number for number, rule in enumerate(profile.answer) if rule.outcome is None]
    if without and not outcomes_known:
        mistake = f"answer[{without[0]}]: say what became of the message: 'outcome' is {', '.join(Outcome)}"
        raise ClientError(f"the client profile {file} has mistakes:\n  {mistake}")
    return profile


def shipped_profile(name: str, *, outcomes_known: bool = False) -> ClientProfile:
    """Read the profile of an adapter ("s-nail"), which lies beside its module."""
    file = Path(__file__).parent / "adapters" / f"{name.replace('-', '_')}.toml"
    return read_client_profile(file, outcomes_known=outcomes_known)


def _matches(scenario_id: str, glob: str) -> bool:
    # "connect/refused" also matches the variants that the loader makes of it: "connect/refused[route=mx]".
    bare = scenario_id.partition("[")[0]
    # Brackets in an id are literal, not a set of characters: "smtp-break[*how=silent*]".
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
