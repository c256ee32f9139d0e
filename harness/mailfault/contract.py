"""The client contract, version 1: what a client is told (`Target`) and what it says in return (`Answer`).

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
    """How the client finds the host to deliver to."""

    MX = "mx"
    """Look up the MX of the recipient's domain (RFC 5321 5.1)."""
    SMART_HOST = "smart-host"
    """Hand everything to one named host."""


class TlsPolicy(StrEnum):
    """What the connector asks of TLS."""

    NONE = "none"
    """Never use TLS."""
    OPPORTUNISTIC = "opportunistic"
    """Use it where offered, with any certificate; else go on in clear (RFC 7435)."""
    REQUIRED = "required"
    """Never deliver in clear; any certificate will do."""
    VERIFIED = "verified"
    """Never deliver in clear, nor to a certificate that is not valid for the host's name (RFC 6125)."""


class Policy(StrEnum):
    """What a recipient's domain may demand by a policy of its own, and the connector is to heed."""

    DANE = "dane"
    """TLSA records in a signed zone (RFC 7672); where it applies it comes before MTA-STS (RFC 8461 2)."""
    MTA_STS = "mta-sts"
    """A policy fetched over HTTPS (RFC 8461)."""


class Outcome(StrEnum):
    """What became of the message, by the client's word."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    """Kept in the queue, to be tried again."""
    FAILED = "failed"
    """Given up, and returned to the sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a client should wait, in seconds."""

    connect_s: float = 1.0
    command_s: float = 1.5
    """For each reply (RFC 5321 4.5.3.2)."""
    dns_s: float = 1.0
    """For one name server's answer to one query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """All that a client is told."""

    route: Route
    smart_host: str | None
    """Host *name* to connect to; None with route MX. It has to be looked up like any other."""
    smtp_port: int
    """The port of every SMTP host in this world."""
    dns: tuple[str, int]
    """Address and port of the resolver to ask, over UDP and TCP."""
    tls: TlsPolicy
    ca_file: Path
    """PEM file of the only authority to trust."""
    crl_file: Path | None
    """PEM file of that authority's revocation list, where the connector is to check it (RFC 5280 5)."""
    sender: str
    recipients: tuple[str, ...]
    message: bytes
    """RFC 5322, lines ended by CRLF."""
    policies: tuple[Policy, ...] = ()
    """The domains' policies to heed, on top of `tls`. Only clients that declare them are asked."""
    https_port: int | None = None
    """The port where policies are fetched, https://mta-sts.DOMAIN:PORT/.well-known/mta-sts.txt, in place of 443; None
    where MTA-STS is not to be heeded. The name is looked up at `dns`, the certificate is `ca_file`'s."""
    cached_policy_file: Path | None = None
    """A policy that the client fetched a day ago and still has, as JSON: {"id": "...", "policy": "version: ..."}. The
    id is that of the TXT record at the time (RFC 8461 3.3)."""
    limits: Limits = Limits()
    attempt: int = 1
    """Which attempt at this message this is, from 1."""
    launcher: Launcher | None = None
    """Starts programs inside the world's sandbox. None if the world is on loopback. Programs are never told of it."""


class BadAnswer(MailfaultError, ValueError):
    """What a client said is no answer by the contract; the message says why, and what would be."""


_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail host, as the client names it."""

    name: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a client says happened to the message (or, inside `recipients`, to one recipient of it)."""

    outcome: Outcome
    code: str | None = None
    """Enhanced status code (RFC 3463), "4.4.316"."""
    failure: Failure | None = None
    """The failure in this project's own words, for clients that know them."""
    also: tuple[Failure, ...] = ()
    """Others that it may as well be: the client does not tell them apart. In JSON `failure` is a list then."""
    reply: str | None = None
    """A whole status line, "450 4.4.316 Connection refused", or the remote's reply passed on."""
    text: str | None = None
    """Words for a person; the client's own error."""
    server: Server | None = None
    """The host that it speaks of."""
    recipients: Mapping[str, "Answer"] | None = None
    """Each recipient's own answer, where they differ."""
    said_by: Literal["client", "exception", "program"] = "client"
    """"exception": read from an exception that the client let through; "program": from what one printed that knows
    nothing of this contract. What those do not carry (the host's address) is not asked of them."""

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read an answer as the contract writes it. Raises BadAnswer, which names the key and the legal values."""
        if not isinstance(data, dict):
            raise BadAnswer(f"an answer is one JSON object, not {type(data).__name__}")
        known = {"outcome", "code", "failure", "reply", "text", "server", "recipients"}
        if unknown := sorted(set(data) - known):
            raise BadAnswer(f"unknown key {unknown[0]!r} in the answer; known are {', '.join(sorted(known))}")
        if "outcome" not in data:
            raise BadAnswer(f"the answer has no 'outcome'; it is one of {', '.join(Outcome)}")
        try:
            outcome = Outcome(data["outcome"])
        except ValueError:
            raise BadAnswer(f"outcome {data['outcome']!r} is not one of {', '.join(Outcome)}") from None
        for key in ("code", "reply", "text"):
            if data.get(key) is not None and not isinstance(data[key], str):
                raise BadAnswer(f"{key!r} in the answer is a string, not {data[key]!r}")
        code = data.get("code")
        if code is not None and not _CODE.fullmatch(code):
            raise BadAnswer(f"code {code!r} is not an enhanced status code; write it like '4.4.316'")
        failures = _failures(data.get("failure"))
        recipients = data.get("recipients")
        if recipients is not None and not isinstance(recipients, dict):
            raise BadAnswer("'recipients' in the answer maps each address to an answer of its own")
        answer = cls(
            outcome=outcome,
            code=code,
            failure=failures[0] if failures else None,
            also=failures[1:],
            reply=data.get("reply"),
            text=data.get("text"),
            server=_server(data.get("server")),
            recipients={one: cls.from_json(its) for one, its in recipients.items()} if recipients else None,
        )
        if outcome is not Outcome.DELIVERED and not (answer.code or answer.failure or answer.text or answer.reply):
            raise BadAnswer(f"an answer '{outcome}' says why: give at least one of code, failure, text")
        return answer

    def to_json(self) -> dict[str, Any]:
        """The answer as the contract writes it, without what is absent."""
        written: dict[str, Any] = {"outcome": str(self.outcome)}
        for key in ("code", "failure", "reply", "text"):
            if (value := getattr(self, key)) is not None:
                written[key] = str(value)
        if self.also:
            written["failure"] = [str(self.failure), *(str(one) for one in self.also)]
        if self.server is not None:
            pairs = (("name", self.server.name), ("address", self.server.address))
            written["server"] = {key: value for key, value in pairs if value is not None}
        if self.recipients:
            written["recipients"] = {one: its.to_json() for one, its in self.recipients.items()}
        return written


MERGED_AT_MOST = 4
"""As many failures may be one to a client. One that merges more of the ten says no more than that something failed."""
_TOLD_APART = frozenset({Failure.REMOTE_REPLY, Failure.NO_MAIL_SERVICE})
"""Failures that may be final: whoever takes them for a passing one keeps mail that nobody will ever take."""


def check_merged(failures: Sequence[Failure]) -> None:
    """Raise ValueError, with the reason, where failures are named as one that no client may merge."""
    if len(failures) > MERGED_AT_MOST:
        raise ValueError(f"{len(failures)} failures in one tell nothing; a client may merge {MERGED_AT_MOST} at most")
    if len(failures) > 1 and (final := sorted(_TOLD_APART & set(failures))):
        raise ValueError(f"{final[0]} has to be told apart from all others: it may be final")
    if len(set(failures)) != len(failures):
        raise ValueError(f"{', '.join(failures)} names a failure twice")


def _failures(data: object) -> tuple[Failure, ...]:
    named: list[Any] = data if isinstance(data, list) else [] if data is None else [data]
    for one in named:
        if not isinstance(one, str):
            raise BadAnswer(f"'failure' in the answer is a string, or a list of strings, not {data!r}")
        if one not in tuple(Failure):
            raise BadAnswer(f"failure {one!r} is not one of {', '.join(Failure)}")
    failures = tuple(Failure(one) for one in named)
    try:
        check_merged(failures)
    except ValueError as error:
        raise BadAnswer(f"'failure' in the answer: {error}") from None
    return failures


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
    """Raised by a client that cannot do what this target asks; the message is the reason."""


# -- how one delivery ended, as the harness saw it -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answered:
    """The client gave an answer."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Crashed:
    """The client ended without an answer by the contract."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hung:
    """The client had not answered when its time was over."""

    deadline_s: float


@dataclass(frozen=True, slots=True)
class Declined:
    """The client said that it does not support this."""

    reason: str


DeliveryResult = Answered | Crashed | Hung | Declined
