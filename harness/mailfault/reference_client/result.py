"""Results of a delivery."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailfault.codes.failure import Failure
from mailfault.reference_client.settings import MailHost
from mailfault_servers.smtp.reply import SmtpReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result for one recipient."""

    outcome: Literal["delivered", "deferred", "failed"]
    failure: Failure | None = None
    reply: SmtpReply | None = None
    """The host's reply that decided, if one did."""
    text: str = ""
    host: MailHost | None = None
    """The host that decided; None if no host was reached."""
    possible_duplicate: bool = False
    """The final dot was sent and its reply never came: the host may have the message (RFC 5321 6.1)."""


Results = Mapping[str, Result]
"""A result for each recipient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a message."""

    began: datetime
    results: Results
