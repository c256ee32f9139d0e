"""The conduct of a client: events in, the rule broken out."""

import re

import pytest

from mailfault_servers.action import AwaitInput, Begin, Blame, Close, Proceed, Send
from mailfault_servers.fault import find_fault
from mailfault_servers.smtp import rules
from mailfault_servers.smtp.conduct import Conduct, is_hello_name
from mailfault_servers.smtp.event import CommandArrived, DataArrived, ReplyReady
from mailfault_servers.smtp.reply import COMMAND_STAGES, Stage
from mailfault_servers.smtp.rules import Rule

EHLO = b"250-mx1.dest.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
BARE_EHLO = b"250 mx1.dest.example\r\n"
OK = b"250 2.0.0 OK\r\n"


def said(conduct: Conduct, line: bytes, reply: bytes = OK) -> Rule | None:
    """Send a command and let the host reply, unless a rule is broken. Return the rule."""
    stage = COMMAND_STAGES.get(line.split()[0].upper(), Stage.OTHER)
    broken = conduct.on_command(line, stage)
    if broken is None:
        conduct.on_reply(reply, stage)
    return broken


def greeted(reply: bytes = EHLO) -> Conduct:
    conduct = Conduct()
    assert said(conduct, b"EHLO client.example\r\n", reply) is None
    return conduct


def with_message(text: bytes, mail: bytes = b"MAIL FROM:<a@b.example>\r\n", ehlo: bytes = EHLO) -> Conduct:
    conduct = greeted(ehlo)
    for line in (mail, b"RCPT TO:<c@d.example>\r\n", b"DATA\r\n"):
        assert said(conduct, line) is None
    for line in re.findall(rb".*?\r\n", text, re.DOTALL):
        conduct.on_text(line)
    return conduct


@pytest.mark.parametrize("name", ["client.example", "localhost", "a-b.c3.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"])
def test_names_for_ehlo(name: str) -> None:
    assert is_hello_name(name)


@pytest.mark.parametrize(
    "name", ["", "_", "my_host.example", "192.0.2.1", "2001:db8::1", "[2001:db8::1]", "[x]", "-a.example", "a.", "a b"]
)
def test_what_is_no_name_for_ehlo(name: str) -> None:
    assert not is_hello_name(name)
    assert said(Conduct(), f"EHLO {name}\r\n".encode()) is rules.HELLO_NAME


@pytest.mark.parametrize(
    ("lines", "broken"),
    [
        ([b"MAIL FROM:<a@b.example>\r\n"] * 2, rules.SECOND_MAIL),
        ([b"MAIL FROM:<a@b.example>\r\n", b"RSET\r\n", b"MAIL FROM:<a@b.example>\r\n"], None),
        ([b"MAIL FROM:<a@b.example>\r\n", b"EHLO c.example\r\n", b"MAIL FROM:<a@b.example>\r\n"], None),
        ([b"RCPT TO:<c@d.example>\r\n"], rules.RECIPIENT_BEFORE_MAIL),
        ([b"MAIL FROM:<a@b.example>\r\n", b"RSET\r\n", b"RCPT TO:<c@d.example>\r\n"], rules.RECIPIENT_BEFORE_MAIL),
        ([b"MAIL FROM:<a@b.example>\r\n", b"DATA\r\n"], rules.DATA_BEFORE_RECIPIENT),
        ([b"NOOP\n"], rules.BARE_LINE_FEED),
        ([b"NOOP \rx\r\n"], rules.BARE_CARRIAGE_RETURN),
        ([b"MAIL FROM:<a@b.example> SIZE=9 BODY=8BITMIME SMTPUTF8\r\n"], None),
    ],
)
def test_the_order_and_the_form_of_commands(lines: list[bytes], broken: Rule | None) -> None:
    conduct = greeted()
    assert [said(conduct, line, EHLO if line.startswith(b"EHLO") else OK) for line in lines][-1] is broken


@pytest.mark.parametrize("parameter", [b"SIZE=9", b"BODY=8BITMIME", b"SMTPUTF8"])
def test_parameters_need_an_offer(parameter: bytes) -> None:
    line = b"MAIL FROM:<a@b.example> " + parameter + b"\r\n"
    assert said(greeted(BARE_EHLO), line) is rules.EXTENSION_NOT_OFFERED


def test_mail_needs_a_greeting_again_after_tls() -> None:
    conduct = greeted()
    conduct.on_tls()
    assert said(conduct, b"MAIL FROM:<a@b.example>\r\n") is rules.NO_HELLO


def test_an_address_that_is_not_ascii_needs_smtputf8() -> None:
    line = "MAIL FROM:<jörg@b.example>\r\n".encode()
    assert said(greeted(BARE_EHLO), line) is rules.EIGHT_BIT_COMMAND
    assert said(greeted(), line) is None


@pytest.mark.parametrize("refusal", [b"451 4.3.0 Later\r\n", b"550 5.7.1 No\r\n"])
def test_what_follows_a_refused_mail_was_not_sent_without_mail(refusal: bytes) -> None:
    conduct = greeted()
    assert said(conduct, b"MAIL FROM:<a@b.example>\r\n", refusal) is None
    assert said(conduct, b"RCPT TO:<c@d.example>\r\n", refusal) is None
    assert said(conduct, b"DATA\r\n", refusal) is None
    assert said(conduct, b"MAIL FROM:<a@b.example>\r\n") is None


def test_what_may_be_sent_before_a_reply() -> None:
    offered, bare = greeted(), greeted(BARE_EHLO)
    for stage in (Stage.MAIL, Stage.RCPT, Stage.RSET, Stage.END_OF_DATA):
        assert offered.of_input_before_reply(stage) is None
        assert bare.of_input_before_reply(stage) is rules.PIPELINING_NOT_OFFERED
    for stage in (Stage.EHLO, Stage.STARTTLS, Stage.DATA, Stage.OTHER):
        assert offered.of_input_before_reply(stage) is rules.PIPELINING_FORBIDDEN
    assert Conduct().of_input_before_reply(Stage.GREETING) is rules.EARLY_TALK
    assert offered.of_input_before_reply(Stage.QUIT) is None


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        (b"Subject: x\r\n\r\n" + b"x" * 998 + b"\r\n", None),
        (b".." + b"x" * 997 + b"\r\n", None),
        (b"x" * 999 + b"\r\n", rules.LONG_LINE),
        (b"one\ntwo\r\n", rules.BARE_LINE_FEED),
        (b"one\rtwo\r\n", rules.BARE_CARRIAGE_RETURN),
        ("Grüße\r\n".encode(), rules.EIGHT_BIT_UNDECLARED),
    ],
)
def test_the_form_of_a_message(text: bytes, broken: Rule | None) -> None:
    assert with_message(text).of_message is broken


def test_eight_bit_content_is_declared_to_a_host_that_offers_it() -> None:
    mail = b"MAIL FROM:<a@b.example> BODY=8BITMIME\r\n"
    assert with_message("Grüße\r\n".encode(), mail).of_message is None
    assert with_message("Grüße\r\n".encode(), ehlo=BARE_EHLO).of_message is rules.EIGHT_BIT_NOT_OFFERED


@pytest.mark.parametrize(
    ("text", "is_taken_for_the_end"),
    [(b"x\n.\n", True), (b"x\n.\r\n", True), (b"x\r\n.\n", True), (b"x\r\n.\r\n", False), (b"x.\n", False)],
)
def test_an_end_of_the_message_without_carriage_return(text: bytes, is_taken_for_the_end: bool) -> None:
    conduct = with_message(b"")
    assert (conduct.of_unfinished_text(text) is rules.BARE_LINE_FEED) is is_taken_for_the_end
    conduct.on_text(text[:-1])
    assert (conduct.on_text(text[-1:]) is rules.BARE_LINE_FEED) is is_taken_for_the_end


# -- faults -----------------------------------------------------------------------------------------------------------

PUNISHED = (Blame("early-talk", rules.EARLY_TALK.breach), Send(f"{rules.EARLY_TALK.reply}\r\n".encode()), Close())


def command(broken: Rule | None) -> CommandArrived:
    return CommandArrived(stage=Stage.EHLO, line="EHLO _", greeting_refused=False, encrypted=False, broken=broken)


def test_a_strict_host_punishes_what_is_broken_and_nothing_else() -> None:
    strict = find_fault("smtp.strict")()
    assert strict.optional
    assert strict.react(command(None), (Proceed(),)) == (Proceed(),)
    blame, reply = strict.react(command(rules.HELLO_NAME), (Proceed(),))
    assert blame == Blame("hello-name", rules.HELLO_NAME.breach)
    assert isinstance(reply, Send)
    assert reply.data.startswith(b"501 5.5.2")
    assert strict.react(DataArrived(received_bytes=9), (Proceed(),)) == (Proceed(),)
    assert strict.react(DataArrived(received_bytes=9, broken=rules.BARE_LINE_FEED), (Proceed(),))[-1] == Close()


def test_a_strict_host_listens_before_replies_that_must_be_awaited() -> None:
    strict = find_fault("smtp.strict").model_validate({"pause": "300ms"})
    honest = (Send(b"220 mx1\r\n"),)
    greeting = ReplyReady(stage=Stage.GREETING, encrypted=False, ahead=rules.EARLY_TALK)
    assert strict.react(greeting, honest) == (AwaitInput(0.3, PUNISHED), *honest)
    assert strict.react(ReplyReady(stage=Stage.MAIL, encrypted=False), honest) is honest


def test_a_teaser_is_the_first_of_two_lines() -> None:
    teaser = find_fault("smtp.teaser-greeting")()
    honest = (Send(b"220 mx1 ESMTP\r\n"),)
    greeting = ReplyReady(stage=Stage.GREETING, encrypted=False)
    assert teaser.react(greeting, honest) == (Begin(b"220-mx1 ESMTP\r\n"), AwaitInput(0.2, PUNISHED), *honest)
    assert teaser.react(ReplyReady(stage=Stage.EHLO, encrypted=False), honest) is honest
