"""Extensions that a message cannot do without, and a client that leaves for want of one."""

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.diagnosis.extensions import missing_extension, offered_extensions
from mailfault_servers.facts import Fact, MessageGiven
from mailfault_servers.smtp.reply import SmtpReply
from tests.support import journals as j

ALL = "250-mx\n250-SIZE 1000\n250-8BITMIME\n250 SMTPUTF8"
NONE = "250 mx"


def given(
    recipient: str = j.USER, *, sender: str = "a@c.example", size: int = 500, is_8bit: bool = False
) -> MessageGiven:
    return MessageGiven(sender=sender, recipients=(recipient,), size=size, is_eight_bit=is_8bit)


@pytest.mark.parametrize(
    ("message", "reply", "code"),
    [
        (given(), NONE, None),
        (given("jürg@dest.example", is_8bit=True), ALL, None),
        (given("jürg@dest.example"), NONE, "5.6.7"),
        (given(sender="jürg@c.example"), NONE, "5.6.7"),
        (given(is_8bit=True), NONE, "5.6.3"),
        (given(size=1000), ALL, None),
        (given(size=1001), ALL, "5.3.4"),
        (given(size=1001), "250-mx\n250 SIZE 0", None),
        (given(size=1001), "250-mx\n250 SIZE", None),
    ],
)
def test_what_is_missing(message: MessageGiven, reply: str, code: str | None) -> None:
    missing = missing_extension(message, offered_extensions(SmtpReply.parse(reply)))
    assert (missing.code if missing is not None else None) == code


def read(message: MessageGiven, *facts: Fact) -> Diagnosis:
    return diagnose(j.journal(("client", None, message), j.port(), j.lookups(j.MX1), j.session(*facts)))


def hello(reply: str) -> tuple[Fact, ...]:
    return (*j.GREETED, j.command("ehlo", "EHLO c"), j.reply("ehlo", reply))


@pytest.mark.parametrize("end", [j.QUIT, (j.client_end("ehlo"),)])
def test_a_client_that_leaves_for_want_of_an_extension(end: tuple[Fact, ...]) -> None:
    found = read(given("jürg@dest.example"), *hello(NONE), *end)
    assert (found.failure, found.code, found.happened) == (Failure.MESSAGE_NOT_TRANSFERABLE, "5.6.7", True)
    assert found.server == j.MX1
    assert "does not offer SMTPUTF8, which an address needs (RFC 6531 3.5)" in found.sentence


def test_one_that_leaves_though_all_is_offered_has_no_such_reason() -> None:
    offering_tls = "250-mx\n250-STARTTLS\n250 SMTPUTF8"
    assert read(given("jürg@dest.example"), *hello(offering_tls), *j.QUIT).failure is None
    assert read(given(), *hello(offering_tls), *j.QUIT).failure is None


def test_one_that_sends_all_the_same_is_judged_by_the_reply() -> None:
    refused = (j.command("mail", "MAIL FROM:<jürg@c.example>"), j.reply("mail", "550 5.7.1 No"))
    found = read(given(sender="jürg@c.example"), *hello(NONE), *refused, *j.QUIT)
    assert found.failure is Failure.REMOTE_REPLY


def test_the_offers_of_tls_count_within_it() -> None:
    inside = (j.command("ehlo", "EHLO c", encrypted=True), j.reply("ehlo", NONE, encrypted=True))
    found = read(given("jürg@dest.example"), *j.HELLO, *j.starttls(), j.tls_established(), *inside, *j.QUIT)
    assert found.failure is Failure.MESSAGE_NOT_TRANSFERABLE
