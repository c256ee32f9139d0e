"""Extensions of a mail host, and those that a message cannot do without. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailfault_servers.facts import MessageGiven
from mailfault_servers.smtp.reply import SmtpReply


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingExtension:
    """The offer that keeps a message from being sent."""

    code: str
    """Enhanced code."""
    words: str
    """Words of the failure, with the host as the subject."""


def offered_extensions(reply: SmtpReply) -> dict[str, str]:
    """Read the extensions from a positive reply to EHLO: keywords in upper case, with their parameters."""
    lines = (line.strip().partition(" ") for line in reply.lines[1:])
    return {keyword.upper(): parameters for keyword, _, parameters in lines}


def missing_extension(given: MessageGiven, offered: Mapping[str, str]) -> MissingExtension | None:
    """Find the first reason not to send the message to a host with these extensions. Return None if there is none."""
    if "SMTPUTF8" not in offered and not all(address.isascii() for address in (given.sender, *given.recipients)):
        return MissingExtension(code="5.6.7", words="does not offer SMTPUTF8, which an address needs (RFC 6531 3.5)")
    limit = offered.get("SIZE", "")
    if limit.isdecimal() and 0 < int(limit) < given.size:
        words = f"takes {limit} octets, and the message has {given.size} (RFC 1870 6.1)"
        return MissingExtension(code="5.3.4", words=words)
    if given.is_eight_bit and "8BITMIME" not in offered:
        return MissingExtension(code="5.6.3", words="does not offer 8BITMIME, which the message needs (RFC 6152 3)")
    return None
