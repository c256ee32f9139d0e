"""The client contract, version 1: a client is given a `Target` and returns an `Answer`.

A client never sees the expectation, the faults or the scenario's id.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from mailfault.codes.failure import Failure
from mailfault.errors import MailfaultError
from mailfault_servers.network import Launcher as Launcher

CONTRACT = 1


class Route(StrEnum):
    """The way to the host to deliver to."""

    MX = "mx"
    """Look up the MX of the recipient's domain (RFC 5321 5.1)."""
    SMART_HOST = "smart-host"
    """Deliver to one named host."""


class TlsPolicy(StrEnum):
    """The connector's demand on TLS."""

    NONE = "none"
    """Never use TLS."""
    OPPORTUNISTIC = "opportunistic"
    """Use TLS if it is offered, with any certificate; else deliver in clear (RFC 7435)."""
    REQUIRED = "required"
    """Never deliver in clear. Accept any certificate."""
    VERIFIED = "verified"
    """Never deliver in clear, nor to a host whose certificate is not valid for its name (RFC 6125)."""


class Policy(StrEnum):
    """A policy of a recipient's domain, which the connector has to follow."""

    DANE = "dane"
    """TLSA records in a signed zone (RFC 7672). It takes precedence over MTA-STS (RFC 8461 2)."""
    MTA_STS = "mta-sts"
    """A policy fetched over HTTPS (RFC 8461)."""


class Outcome(StrEnum):
    """The client's account of the message."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    """Kept in the queue for another attempt."""
    FAILED = "failed"
    """Given up and returned to the sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Time limits for the client, in seconds."""

    connect_s: float = 1.0
    command_s: float = 1.5
    """For each reply (RFC 5321 4.5.3.2)."""
    dns_s: float = 1.0
    """For the answer to one DNS query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One delivery: everything that a client is told."""

    route: Route
    smart_host: str | None
    """Host *name* to connect to, which the client looks up; None with route MX."""
    smtp_port: int
    """The port of every SMTP host in this world."""
    dns: tuple[str, int]
    """Address and port of the resolver, over UDP and TCP."""
    tls: TlsPolicy
    ca_file: Path
    """PEM file of the only trusted certificate authority."""
    crl_file: Path | None
    """PEM file of that authority's revocation list, if the connector has to check it (RFC 5280 6.3). Only clients
    that declare that they check revocation lists get one."""
    sender: str
    recipients: tuple[str, ...]
    message: bytes
    """RFC 5322, lines ended by CRLF."""
    policies: tuple[Policy, ...] = ()
    """Domain policies to follow, in addition to `tls`. Only clients that declare them get any."""
    https_port: int | None = None
    """Port of the policy hosts in place of 443: https://mta-sts.DOMAIN:PORT/.well-known/mta-sts.txt. None without
    MTA-STS. The name is looked up at `dns`; `ca_file` signs the certificate."""
    cached_policy_file: Path | None = None
    """A policy that the client fetched a day ago, as JSON: {"id": "...", "policy": "version: ..."}. The id is that of
    the TXT record then (RFC 8461 3.3)."""
    limits: Limits = Limits()
    attempt: int = 1
    """Number of this attempt at the message, from 1."""
    launcher: Launcher | None = None
    """Starts programs inside the world's sandbox. None if the world is on loopback. Programs never see it."""


class BadAnswer(MailfaultError, ValueError):
    """An answer that breaks the contract. The message names the key and the legal values."""


_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail host, as the client names it."""

    name: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A client's account of one message, or, inside `recipients`, of one recipient."""

    outcome: Outcome
    code: str | None = None
    """Enhanced status code (RFC 3463), "4.4.316"."""
    failure: Failure | None = None
    """The failure by mailfault's name, for clients that know these names."""
    also: tuple[Failure, ...] = ()
    """Other failures that the client cannot distinguish from this one. In JSON too, or `failure` is a list of all."""
    reply: str | None = None
    """A whole status line, "450 4.4.316 Connection refused", or the remote's reply, verbatim."""
    text: str | None = None
    """The client's own error, for a person."""
    server: Server | None = None
    """The host that the failure is about."""
    recipients: Mapping[str, "Answer"] | None = None
    """Each recipient's own answer, if they differ."""
    said_by: Literal["client", "exception", "program"] = "client"
    """"exception": read from an exception that the client raised; "program": from the output of a program that does not
    know this contract. Facts that these do not carry, such as the host's address, are not demanded."""

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read an answer from JSON. Raises BadAnswer, which names the key and the legal values."""
        members = _members(data)
        failures = _failures(members)
        answer = cls(
            outcome=_outcome(members),
            code=_code(members),
            failure=failures[0] if failures else None,
            also=failures[1:],
            reply=_string(members, "reply"),
            text=_string(members, "text"),
            server=_server(members.get("server")),
            recipients=cls._recipients(members.get("recipients")),
        )
        if answer.outcome is not Outcome.DELIVERED and not (
            answer.code or answer.failure or answer.text or answer.reply
        ):
            raise BadAnswer(f"an answer '{answer.outcome}' says why: give at least one of code, failure, text")
        return answer

    @classmethod
    def _recipients(cls, data: object) -> dict[str, Self] | None:
        if data is not None and not isinstance(data, dict):
            raise BadAnswer("'recipients' in the answer maps each address to an answer of its own")
        return {address: cls.from_json(answer) for address, answer in data.items()} if data else None

    def to_json(self) -> dict[str, Any]:
        """Return the answer as one JSON object, without absent keys."""
        written: dict[str, Any] = {"outcome": str(self.outcome)}
        for key in ("code", "failure", "reply", "text"):
            if (value := getattr(self, key)) is not None:
                written[key] = str(value)
        if self.also:
            written["failure"] = [str(self.failure), *(str(failure) for failure in self.also)]
        if self.server is not None:
            pairs = (("name", self.server.name), ("address", self.server.address))
            written["server"] = {key: value for key, value in pairs if value is not None}
        if self.recipients:
            written["recipients"] = {address: answer.to_json() for address, answer in self.recipients.items()}
        return written


MERGED_AT_MOST = 4
"""The most failures that a client may merge. One that merges more of the eleven only says that something failed."""
_DISTINCT = frozenset({Failure.REMOTE_REPLY, Failure.NO_MAIL_SERVICE, Failure.MESSAGE_NOT_TRANSFERABLE})
"""Failures that may be final: a client that takes them for temporary ones keeps undeliverable mail."""


def check_merged(failures: Sequence[Failure]) -> None:
    """Raise ValueError, with the reason, if no client may merge these failures."""
    if len(failures) > MERGED_AT_MOST:
        raise ValueError(f"{len(failures)} failures in one tell nothing; a client may merge {MERGED_AT_MOST} at most")
    if len(failures) > 1 and (final := sorted(_DISTINCT & set(failures))):
        raise ValueError(f"{final[0]} has to be told apart from all others: it may be final")
    if len(set(failures)) != len(failures):
        raise ValueError(f"{', '.join(failures)} names a failure twice")


# Read by hand, not by pydantic: an author of a client reads these errors, so they name the key, the legal values and
# only the first mistake. pydantic's errors would have to be translated back, one error type at a time.


def _members(data: object) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise BadAnswer(f"an answer is one JSON object, not {type(data).__name__}")
    known = {"outcome", "code", "failure", "also", "reply", "text", "server", "recipients"}
    if unknown := sorted(set(data) - known):
        raise BadAnswer(f"unknown key {unknown[0]!r} in the answer; known are {', '.join(sorted(known))}")
    return data


def _outcome(members: Mapping[str, Any]) -> Outcome:
    if "outcome" not in members:
        raise BadAnswer(f"the answer has no 'outcome'; it is one of {', '.join(Outcome)}")
    try:
        return Outcome(members["outcome"])
    except ValueError:
        raise BadAnswer(f"outcome {members['outcome']!r} is not one of {', '.join(Outcome)}") from None


def _string(members: Mapping[str, Any], key: str) -> str | None:
    value = members.get(key)
    if value is not None and not isinstance(value, str):
        raise BadAnswer(f"{key!r} in the answer is a string, not {value!r}")
    return value


def _code(members: Mapping[str, Any]) -> str | None:
    code = _string(members, "code")
    if code is not None and not _CODE.fullmatch(code):
        raise BadAnswer(f"code {code!r} is not an enhanced status code; write it like '4.4.316'")
    return code


def _failures(members: Mapping[str, Any]) -> tuple[Failure, ...]:
    names = [*_names(members, "failure"), *_names(members, "also")]
    if names and members.get("failure") in (None, []):
        raise BadAnswer("'also' in the answer adds to 'failure', and there is no 'failure'")
    failures = tuple(Failure(name) for name in names)
    try:
        check_merged(failures)
    except ValueError as error:
        raise BadAnswer(f"'failure' in the answer: {error}") from None
    return failures


def _names(members: Mapping[str, Any], key: str) -> list[str]:
    """Return the names of failures at a key: none, one, or a list."""
    data = members.get(key)
    names: list[Any] = data if isinstance(data, list) else [] if data is None else [data]
    for name in names:
        if not isinstance(name, str):
            raise BadAnswer(f"{key!r} in the answer is a string, or a list of strings, not {data!r}")
        if name not in tuple(Failure):
            raise BadAnswer(f"{key} {name!r} is not one of {', '.join(Failure)}")
    return names


def _server(data: object) -> Server | None:
    if data is None:
        return None
    if not isinstance(data, dict) or not set(data) <= {"name", "address"}:
        raise BadAnswer(f"'server' in the answer is an object with 'name' and 'address', not {data!r}")
    for key, value in data.items():
        if value is not None and not isinstance(value, str):
            raise BadAnswer(f"'server.{key}' in the answer is a string, not {value!r}")
    return Server(name=data.get("name"), address=data.get("address"))


class Unsupported(Exception):
    """A client cannot do what this target asks. The message is the reason."""


# -- the result of one delivery, as the harness saw it -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answered:
    """The client returned an answer."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Crashed:
    """The client ended without an answer that follows the contract."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hung:
    """The client had not answered at its deadline."""

    deadline_s: float


@dataclass(frozen=True, slots=True)
class Declined:
    """The client does not support the target."""

    reason: str


DeliveryResult = Answered | Crashed | Hung | Declined
