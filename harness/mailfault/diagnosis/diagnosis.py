"""The diagnosis: what really happened, as far as the servers can tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mailfault.codes.failure import Failure
from mailfault_servers.smtp.reply import SmtpReply


class Grade(StrEnum):
    """Quality of the evidence."""

    WITNESSED = "witnessed"
    """A server saw it."""
    INFERRED = "inferred"
    """No server sees a SYN that was refused or dropped: the client was given the address, and went nowhere else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A server took responsibility for a message."""

    recipients: tuple[str, ...]
    server: str
    encrypted: bool
    confirmed: bool
    """True if its reply left. Otherwise the client does not know."""
    certificate_problems: tuple[str, ...] = ()
    """Problems of the certificate that the session was encrypted under."""
    digest: str = ""
    content: str | None = None
    """The message, each octet as the character of that number. None if it is one that the client was given, or was not
    recorded."""
    is_eight_bit: bool = False
    """True if the server offered 8BITMIME (RFC 6152)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The end of a delivery attempt, drawn from the journal alone."""

    failure: Failure | None
    """None if it was delivered, or nothing happened."""
    delivered: bool
    """True if every recipient that was tried has a confirmed acceptance."""
    happened: bool
    """False if no server saw anything that ends a delivery."""
    grade: Grade
    sentence: str
    server: str | None = None
    """Name of the host at which it happened."""
    address: str | None = None
    stage: str | None = None
    reply: SmtpReply | None = None
    code: str | None = None
    """Enhanced code of the article, if it has several for one failure."""
    is_punished: bool = False
    """True if the reply punishes a rule that the client broke, which the sentence names."""
    breaches: tuple[str, ...] = ()
    """Reasons why a policy that the client was shown forbade accepted mail, a sentence each."""
    strays: tuple[str, ...] = ()
    """Destinations of packets that no DNS answer gave, "192.0.2.1 (tcp, port 25)". Only a watched wire shows them."""
    may_be_delivered: bool = False
    """True if the message was accepted, and the reply never left."""
    acceptances: tuple[Acceptance, ...] = ()
    """In order, of all servers."""
    clear_mail: tuple[str, ...] = ()
    """Servers to which MAIL was sent in clear."""
    recipients: Mapping[str, "Diagnosis"] = field(default_factory=dict)
    """Diagnosis of each recipient, if they fared differently; else empty."""
