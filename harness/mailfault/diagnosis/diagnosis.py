"""What really happened, as far as the servers can tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mailfault.codes.failure import Failure
from mailfault_servers.smtp.reply import SmtpReply


class Grade(StrEnum):
    """How good the evidence is."""

    WITNESSED = "witnessed"
    """A server saw it."""
    INFERRED = "inferred"
    """No server can see a SYN that was refused or dropped: the address was handed out, and led nowhere else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A server took responsibility for a message."""

    recipients: tuple[str, ...]
    server: str
    encrypted: bool
    confirmed: bool
    """Its reply left. Without it the client does not know."""
    certificate_problems: tuple[str, ...] = ()
    """What was wrong with the certificate that the session was encrypted under."""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What ended a delivery attempt, drawn from the journal alone."""

    failure: Failure | None
    """None: it was delivered, or nothing happened."""
    delivered: bool
    """Every recipient that was tried has a confirmed acceptance."""
    happened: bool
    """False: no server saw anything that ends a delivery."""
    grade: Grade
    sentence: str
    server: str | None = None
    """Name of the host that it happened at."""
    address: str | None = None
    stage: str | None = None
    reply: SmtpReply | None = None
    code: str | None = None
    """The enhanced code that the article gives this, where it has several for one failure."""
    breaches: tuple[str, ...] = ()
    """Where mail was accepted against a policy that the client had been shown: what forbade it, a sentence each."""
    strays: tuple[str, ...] = ()
    """Where packets went that belong to nobody here, "192.0.2.1 (tcp, port 25)". Only a watched wire shows it."""
    may_be_delivered: bool = False
    """Accepted, and the reply never left."""
    acceptances: tuple[Acceptance, ...] = ()
    """In the order in which they came about, all servers together."""
    clear_mail: tuple[str, ...] = ()
    """Servers to which MAIL was sent in clear."""
    recipients: Mapping[str, "Diagnosis"] = field(default_factory=dict)
    """Each recipient's own, where they fared differently; else empty."""
