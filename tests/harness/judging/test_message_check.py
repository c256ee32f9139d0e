"""The accepted message is compared with the given one."""

import hashlib

import pytest

from mailfault.diagnosis.diagnosis import Acceptance
from mailfault.judging.message_check import GivenMessage, alteration
from mailfault.world.message import MESSAGE

HEADER = b"From: <a@client.example>\r\nTo: <user@dest.example>\r\nSubject: two\r\n words\r\nBcc: <x@dest.example>\r\n"
GIVEN = HEADER + b"\r\nfirst\r\nsecond\r\n"
EIGHT_BIT = HEADER + b"Content-Type: text/plain; charset=utf-8\r\n\r\ngr\xc3\xbcn\r\n"
ENCODED = (
    HEADER
    + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ngr=C3=BCn\r\n"
)


def difference(given: bytes, received: bytes, *, is_composed: bool = False, is_eight_bit: bool = True) -> str | None:
    acceptance = Acceptance(
        recipients=("user@dest.example",),
        server="mx1.dest.example",
        encrypted=False,
        confirmed=True,
        digest=hashlib.sha256(received).hexdigest(),
        content=received.decode("latin-1"),
        is_eight_bit=is_eight_bit,
    )
    return alteration(GivenMessage(content=given, is_composed=is_composed), acceptance)


@pytest.mark.parametrize(
    "received",
    [
        GIVEN,
        b"Received: from a by b;\r\n\tMon, 2 Jan 2023 10:00:00 +0000\r\nReturn-Path: <a@client.example>\r\n" + GIVEN,
        b"X-Mailer: a\r\nDate: Mon, 2 Jan 2023 10:00:00 +0000\r\nMessage-ID: <1@a>\r\n" + GIVEN,
        GIVEN.replace(b"two\r\n words", b"two words"),
        GIVEN.replace(b"Subject: two", b"SUBJECT:\r\n two"),
        GIVEN.replace(b"Bcc: <x@dest.example>\r\n", b""),
        b"Subject: two words\r\n" + GIVEN.replace(b"Subject: two\r\n words\r\n", b""),
    ],
)
def test_what_a_client_may_do_to_a_message_is_no_alteration(received: bytes) -> None:
    assert difference(GIVEN, received) is None


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (b"\r\n", "line 1 of its body is missing, 'first\\r\\n'; its body has 0 octets in place of 15"),
        (b"", "line 1 of its body is missing"),
        (GIVEN[:-8], "line 2 of its body is missing, 'second\\r\\n'; its body has 7 octets in place of 15"),
        (GIVEN[:-2], "line 2 of its body is 'second' in place of 'second\\r\\n'"),
        (GIVEN + b"\r\n", "line 3 of its body is '\\r\\n', and the body was to end before it"),
        (GIVEN.replace(b"first\r\n", b"first\n"), "line 1 of its body is 'first\\n' in place of 'first\\r\\n'"),
        (GIVEN.replace(b"first", b"First"), "line 1 of its body is 'First\\r\\n' in place of 'first\\r\\n'"),
        (
            GIVEN.replace(b">\r\nTo", b">\nTo"),
            "line 1 of its header, 'From: <a@client.example>\\n', does not end with CRLF",
        ),
        (b"From a Mon Jan 2\r\n" + GIVEN, "line 1 of its header, 'From a Mon Jan 2\\r\\n', is no header field"),
        (GIVEN.replace(b"To: <user@dest.example>\r\n", b""), "its header has no To, which was '<user@dest.example>'"),
        (GIVEN.replace(b" words", b" other words"), "its Subject is 'two other words' in place of 'two words'"),
        (b"Subject: 1\r\n" + GIVEN, "its header has 2 fields Subject, and may have one"),
    ],
)
def test_an_alteration_is_told_with_the_first_difference(received: bytes, words: str) -> None:
    assert words in (difference(GIVEN, received) or "")


def test_a_long_line_is_quoted_about_its_first_difference() -> None:
    line = b"x" * 300
    told = difference(HEADER + b"\r\n" + line + b"\r\n", HEADER + b"\r\n" + line + b"y\r\n")
    assert told is not None
    assert "'...xxx" not in told
    assert "y\\r\\n'" in told
    assert len(told) < 400


def test_an_encoding_may_change_only_where_the_host_cannot_take_the_message() -> None:
    assert difference(EIGHT_BIT, ENCODED, is_eight_bit=False) is None
    assert "line 1 of its body" in (difference(EIGHT_BIT, ENCODED, is_eight_bit=True) or "")
    assert "line 1 of its text" in (difference(EIGHT_BIT, ENCODED.replace(b"=BC", b"=BD"), is_eight_bit=False) or "")
    assert "no To" in (
        difference(EIGHT_BIT, ENCODED.replace(b"To: <user@dest.example>\r\n", b""), is_eight_bit=False) or ""
    )
    needless = GIVEN.replace(b"\r\n\r\nfirst", b"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=66irst")
    assert "line 1 of its body" in (difference(GIVEN, needless, is_eight_bit=False) or "")


def test_of_a_composed_message_only_the_text_counts() -> None:
    composed = b"From: a\r\nContent-Transfer-Encoding: base64\r\n\r\nZmlyc3QKc2Vjb25k\r\n"
    assert difference(GIVEN, composed, is_composed=True) is None
    assert difference(GIVEN, composed) is not None
    told = difference(GIVEN, composed.replace(b"c2Vjb25k", b""), is_composed=True)
    assert told == "line 2 of its text is missing, 'second\\n'; its text has 6 characters in place of 13"
    unreadable = b"Content-Type: text/plain; charset=x-unknown\r\n\r\nfirst\r\nsecond\r\n"
    assert difference(GIVEN, unreadable, is_composed=True) == "it has no text that can be read"


def test_without_a_recorded_content_nothing_is_compared() -> None:
    acceptance = Acceptance(recipients=(), server="mx1", encrypted=False, confirmed=True, digest="another")
    assert alteration(GivenMessage(content=MESSAGE), acceptance) is None
