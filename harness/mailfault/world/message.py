"""The messages that clients deliver. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from mailfault_servers.facts import MessageAccepted
from mailfault_servers.journal import Entry

MESSAGE = (
    b"From: <sender@client.example>\r\n"
    b"To: <user@dest.example>\r\n"
    b"Subject: A message that wants to arrive\r\n"
    b"Date: Mon, 02 Jan 2023 10:00:00 +0000\r\n"
    b"Message-ID: <one@client.example>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=us-ascii\r\n"
    b"\r\n"
    + b"".join(b"Line %02d of a message that is long enough to be cut in the middle.\r\n" % n for n in range(20))
    + b".A line that begins with a dot must arrive with it (RFC 5321 4.5.2).\r\n"
)
"""The first message of every world: about 1.7 kB, one line of it with a leading dot."""
_ASCII = b"Content-Type: text/plain; charset=us-ascii\r\n"
_EIGHT_BIT = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
_GREETINGS = "Viele Grüße und alles Gute.\r\n".encode()
_MESSAGE_ID, _SUBJECT = b"<one@client.example>", b"Subject: A message that wants to arrive"


def message_of(number: int, *, is_eight_bit: bool = False) -> bytes:
    """Return the message for delivery `number` (from 1), with a unique Message-ID and Subject."""
    message = MESSAGE.replace(_ASCII, _EIGHT_BIT, 1) + _GREETINGS if is_eight_bit else MESSAGE
    if number == 1:
        return message
    numbered = message.replace(_MESSAGE_ID, b"<number-%d@client.example>" % number, 1)
    return numbered.replace(_SUBJECT, _SUBJECT + b" (number %d)" % number, 1)


def without_known_content(entries: Iterable[Entry], messages: int, *, is_eight_bit: bool = False) -> tuple[Entry, ...]:
    """Leave out the content of every accepted message that is one of the first `messages`: its digest says enough."""
    given = (message_of(number, is_eight_bit=is_eight_bit) for number in range(1, messages + 1))
    known = {hashlib.sha256(message).hexdigest() for message in given}
    return tuple(
        replace(entry, fact=replace(entry.fact, content=None))
        if isinstance(entry.fact, MessageAccepted) and entry.fact.digest in known
        else entry
        for entry in entries
    )
