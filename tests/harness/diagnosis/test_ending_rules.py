"""The table of ending rules: each rule decides an example, and its place in the order matters."""

import re

import pytest

from mailfault.diagnosis.connections import Connection
from mailfault.diagnosis.endings import ENDING_RULES, EndingRule, session_end
from mailfault.diagnosis.replay import SessionState, replay
from mailfault.diagnosis.rule import description_of
from mailfault_servers.facts import Fact, MessageGiven, ReplyBegun, ReplySent
from mailfault_servers.smtp.reading import Flaw
from tests.support import journals as j

MAIL = j.command("mail", "MAIL FROM:<a@c>")
OTHER_RCPT = j.command("rcpt", f"RCPT TO:<{j.OTHER}>")
TO_DATA = (*j.HELLO, *j.mail(), *j.rcpt(), *j.data())
REFUSED_RCPT = (*j.HELLO, *j.mail(), *j.rcpt(text="550 5.1.1 who?"))
FLAWED = (*j.HELLO, *j.starttls("expired"))
REFUSED_INSIDE = (
    j.tls_established(),
    j.command("ehlo", "EHLO c", encrypted=True),
    j.reply("ehlo", "421 4.3.2 Bye", encrypted=True),
)
MALFORMED = j.reply("mail", "25 OK")
SLOW_GREETING = ReplyBegun(stage="greeting", how="byte by byte")
SLOW_MAIL = ReplyBegun(stage="mail", how="byte by byte")
TWICE = ReplySent(stage="greeting", text="220 mx\n250 mx", encrypted=False, flaw=Flaw.MORE_BEHIND)
CUT = ReplySent(stage="mail", text="250-O", encrypted=False, flaw=Flaw.UNFINISHED)

EXAMPLES: dict[str, tuple[tuple[Fact, ...], str]] = {
    "message-confirmed": (
        (*j.HELLO, *j.transaction(), j.server_end("end-of-data")),
        "closed-after-reply closed-instead-of-reply earlier-message-confirmed",
    ),
    "reply-lost": ((*TO_DATA, *j.accepted(), j.silence("end-of-data")), "never-answered left-unanswered"),
    "certificate-refused": (
        (*FLAWED, *REFUSED_INSIDE, j.tls_failed("unknown ca")),
        "handshake-failed refused-before-mail left-upon-certificate",
    ),
    "handshake-failed": ((*FLAWED, j.tls_failed("protocol version")), "left-upon-certificate left-in-handshake"),
    "silent-in-handshake": ((*FLAWED, j.silence("starttls")), "never-answered left-upon-certificate left-in-handshake"),
    "never-greeted": ((j.silence("greeting"),), "never-answered"),
    "silent-when-idle": ((*j.HELLO, *j.mail(), j.silence("idle"), MAIL), "never-answered left-unanswered"),
    "never-answered": ((*REFUSED_RCPT, OTHER_RCPT, j.silence("rcpt")), "refused left-unanswered"),
    "closed-in-handshake": (
        (*FLAWED, j.server_end("starttls")),
        "closed-after-reply closed-instead-of-reply left-upon-certificate left-in-handshake",
    ),
    "closed-in-message": ((*TO_DATA, j.server_end("message")), "closed-after-reply closed-instead-of-reply"),
    "closed-after-reply": ((*j.GREETED, j.server_end("greeting")), "closed-before-greeting closed-instead-of-reply"),
    "closed-before-greeting": ((j.server_end("greeting"),), "closed-instead-of-reply"),
    "closed-instead-of-reply": ((*REFUSED_RCPT, OTHER_RCPT, j.server_end("rcpt")), "refused left-unanswered"),
    "refused-before-mail": ((*FLAWED, *REFUSED_INSIDE), "left-upon-certificate"),
    "refused": ((*j.HELLO, *j.transaction(), *j.mail(), *j.rcpt(text="550 5.1.1 who?")), "earlier-message-confirmed"),
    "greeting-unfinished": ((SLOW_GREETING, j.command("ehlo", "EHLO c")), "malformed-before-mail left-unanswered"),
    "reply-unfinished": (
        (*j.HELLO, *j.transaction(), MAIL, CUT),
        "malformed-reply left-unanswered earlier-message-confirmed",
    ),
    "malformed-before-mail": (
        (*j.HELLO_PLAIN, j.command("ehlo", "HELO c"), j.reply("ehlo", "what?")),
        "starttls-missing",
    ),
    "malformed-reply": ((*j.HELLO, *j.transaction(), MAIL, MALFORMED), "earlier-message-confirmed"),
    "left-upon-certificate": (
        (*j.HELLO_PLAIN, *j.starttls("expired"), j.command("ehlo", "EHLO c")),
        "starttls-missing left-in-handshake left-unanswered",
    ),
    "message-not-transferable": (
        (*j.HELLO_PLAIN, MessageGiven(sender="a@c", recipients=("jürg@d",), size=1, is_eight_bit=False)),
        "starttls-missing",
    ),
    "starttls-missing": (
        (*j.HELLO_PLAIN, *j.starttls(), j.command("ehlo", "EHLO c")),
        "left-in-handshake left-unanswered",
    ),
    "left-in-handshake": (
        (TWICE, *j.HELLO[1:], *j.starttls(), j.command("ehlo", "EHLO c")),
        "left-unanswered ignored-malformed-before-mail",
    ),
    "left-unanswered": (
        (*j.HELLO, *j.transaction(), MAIL, MALFORMED, *j.rcpt(), j.command("data", "DATA")),
        "ignored-malformed-reply earlier-message-confirmed",
    ),
    "ignored-greeting-unfinished": (
        (SLOW_GREETING, *j.HELLO, *j.transaction(), *j.mail()),
        "ignored-malformed-before-mail earlier-message-confirmed",
    ),
    "ignored-reply-unfinished": (
        (*j.HELLO, *j.transaction(), MAIL, SLOW_MAIL, j.reply("mail", "250 OK")),
        "ignored-malformed-reply earlier-message-confirmed",
    ),
    "ignored-malformed-before-mail": ((TWICE, *j.HELLO[1:], *j.transaction(), *j.mail()), "earlier-message-confirmed"),
    "ignored-malformed-reply": ((*j.HELLO, *j.transaction(), MAIL, MALFORMED, *j.rcpt()), "earlier-message-confirmed"),
    "earlier-message-confirmed": ((*j.HELLO, *j.transaction(), *j.mail()), ""),
    "left-without-reason": (j.HELLO, ""),
}
"""For each rule a session that it decides, and the later rules that match it, too; the last rule matches every one."""


def ended(*facts: Fact) -> SessionState:
    return replay(Connection(server=j.MX1, first_entry=0, earlier=(), facts=facts, lost_packets=False))


def matching(state: SessionState) -> tuple[str, ...]:
    return tuple(rule.name for rule in ENDING_RULES if rule.find(state) is not None)


def test_every_rule_has_its_example_in_the_order_of_the_table() -> None:
    assert list(EXAMPLES) == [rule.name for rule in ENDING_RULES]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_decides_before_the_others_that_match(name: str) -> None:
    facts, others = EXAMPLES[name]
    expected = tuple(dict.fromkeys((name, *others.split(), "left-without-reason")))
    assert matching(ended(*facts)) == expected
    assert session_end(ended(*facts)).rule == name


@pytest.mark.parametrize("name", list(EXAMPLES)[:-1])
def test_without_a_rule_or_with_it_at_the_end_its_example_ends_otherwise(name: str) -> None:
    state = ended(*EXAMPLES[name][0])
    end = session_end(state)
    others = [rule for rule in ENDING_RULES if rule.name != name]
    moved = [rule for rule in ENDING_RULES if rule.name == name]
    for rules in (others, [*others, *moved]):
        other_end = session_end(state, rules)
        assert (other_end.failure, other_end.stage, other_end.sentence) != (end.failure, end.stage, end.sentence)


def test_a_table_without_the_last_rule_is_no_table() -> None:
    with pytest.raises(AssertionError, match="last rule"):
        session_end(ended(*j.HELLO), ENDING_RULES[:-1])


@pytest.mark.parametrize("rule", ENDING_RULES, ids=lambda rule: rule.name)
def test_a_rule_is_described_in_one_sentence_that_cites_a_clause(rule: EndingRule) -> None:
    description = description_of(rule.find)
    assert re.search(r"RFC \d+", description)
    assert description.endswith(".")
    assert ". " not in description
