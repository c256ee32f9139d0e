"""Rules that bind an SMTP client, and the replies by which strict hosts punish who breaks them. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of the protocol for clients."""

    name: str
    breach: str
    """A breach in words, with the client as the subject, and the clause: "it spoke before ..."."""
    reply: str
    """The reply of a strict host."""
    ends: bool = False
    """True if the host closes the connection after the reply."""


EARLY_TALK = Rule(
    name="early-talk",
    breach="it spoke before the greeting was complete (RFC 5321 3.1)",
    reply="554 5.5.0 SMTP synchronisation error: the greeting comes first",
    ends=True,
)
PIPELINING_NOT_OFFERED = Rule(
    name="pipelining-not-offered",
    breach="it sent the next command before the reply, and PIPELINING was not offered (RFC 5321 2.1, RFC 2920 3.1)",
    reply="554 5.5.0 SMTP synchronisation error: PIPELINING is not offered",
    ends=True,
)
PIPELINING_FORBIDDEN = Rule(
    name="pipelining-forbidden",
    breach="it sent more before the reply to a command that must be the last of its group (RFC 2920 3.1)",
    reply="554 5.5.0 SMTP synchronisation error: wait for the reply",
    ends=True,
)
HELLO_NAME = Rule(
    name="hello-name",
    breach="it gave in EHLO or HELO neither a domain name nor an address in brackets (RFC 5321 4.1.1.1 and 4.1.3)",
    reply="501 5.5.2 Invalid domain name: a domain, or an address in brackets",
)
NO_HELLO = Rule(
    name="no-hello",
    breach="it sent MAIL before EHLO or HELO (RFC 5321 4.1.4)",
    reply="503 5.5.1 Send EHLO first",
)
SECOND_MAIL = Rule(
    name="second-mail",
    breach="it sent MAIL within a mail transaction (RFC 5321 4.1.4)",
    reply="503 5.5.1 Sender already given",
)
RECIPIENT_BEFORE_MAIL = Rule(
    name="recipient-before-mail",
    breach="it sent RCPT before MAIL (RFC 5321 3.3)",
    reply="503 5.5.1 Need MAIL before RCPT",
)
DATA_BEFORE_RECIPIENT = Rule(
    name="data-before-recipient",
    breach="it sent DATA before RCPT (RFC 5321 3.3)",
    reply="503 5.5.1 Need RCPT before DATA",
)
BARE_LINE_FEED = Rule(
    name="bare-line-feed",
    breach="it ended a line with LF alone (RFC 5321 2.3.8)",
    reply="550 5.5.2 Bare LF received: lines end with CRLF",
)
BARE_CARRIAGE_RETURN = Rule(
    name="bare-carriage-return",
    breach="it sent CR without LF (RFC 5321 2.3.8)",
    reply="550 5.5.2 Bare CR received: lines end with CRLF",
)
LONG_LINE = Rule(
    name="long-line",
    breach="it sent a line of more than 998 octets in the message (RFC 5321 4.5.3.1.6, RFC 5322 2.1.1)",
    reply="550 5.6.0 Line too long: 998 octets at most",
)
EIGHT_BIT_UNDECLARED = Rule(
    name="eight-bit-undeclared",
    breach="it sent a message with 8-bit content and did not declare BODY=8BITMIME (RFC 6152 3)",
    reply="554 5.6.3 8-bit content without BODY=8BITMIME",
)
EIGHT_BIT_NOT_OFFERED = Rule(
    name="eight-bit-not-offered",
    breach="it sent a message with 8-bit content, and 8BITMIME was not offered (RFC 6152 3)",
    reply="554 5.6.3 8-bit content, and 8BITMIME is not offered",
)
EIGHT_BIT_COMMAND = Rule(
    name="eight-bit-command",
    breach="it sent a command that is not ASCII, without SMTPUTF8 (RFC 5321 2.4, RFC 6531 3.4)",
    reply="500 5.5.2 Commands are ASCII",
)
EXTENSION_NOT_OFFERED = Rule(
    name="extension-not-offered",
    breach="it used a parameter of an extension that was not offered (RFC 5321 2.2.1)",
    reply="555 5.5.4 Parameter not recognised",
)
