"""The messages that clients deliver, and their sender. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from mailfault_servers.facts import MessageAccepted
from mailfault_servers.journal import Entry

SENDER = "sender@client.example"
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
_MESSAGE_ID, _SUBJECT = b"<one@client.example>", b"Subject: A message that wants to arrive"


def message_of(number: int) -> bytes:
    """Return the message for delivery `number` (from 1), with a unique Message-ID and Subject."""
    if number == 1:
        return MESSAGE
    numbered = MESSAGE.replace(_MESSAGE_ID, b"<number-%d@client.example>" % number, 1)
    return numbered.replace(_SUBJECT, _SUBJECT + b" (number %d)" % number, 1)


def without_known_content(entries: Iterable[Entry], messages: int) -> tuple[Entry, ...]:
    """Leave out the content of every accepted message that is one of the first `messages`: its digest says enough."""
    known = {hashlib.sha256(message_of(number)).hexdigest() for number in range(1, messages + 1)}
    return tuple(
        replace(entry, fact=replace(entry.fact, content=None))
        if isinstance(entry.fact, MessageAccepted) and entry.fact.digest in known
        else entry
        for entry in entries
    )
