"""Replay: each fact makes a new state, and nothing else changes."""

import pytest

from mailfault.diagnosis.connections import Connection
from mailfault.diagnosis.replay import SessionState, advance, begin_delivery, replay
from mailfault_servers.facts import Fact, HandshakeSpoiled, ReplySent
from mailfault_servers.smtp.reading import Flaw
from tests.support import journals as j


def state_after(*facts: Fact, earlier: tuple[Fact, ...] = ()) -> SessionState:
    return replay(Connection(server=j.MX1, first_entry=0, earlier=earlier, facts=facts, lost_packets=False))


def test_a_state_stays_as_it_is_when_the_session_goes_on() -> None:
    before = state_after(*j.HELLO, *j.mail())
    after = advance(before, j.command("rcpt", f"RCPT TO:<{j.USER}>"))
    assert (before.mail.recipients, after.mail.recipients) == ({}, {j.USER: None})
    assert before == state_after(*j.HELLO, *j.mail())


def test_a_replay_is_a_fold_over_the_facts() -> None:
    facts = (*j.HELLO, *j.starttls("expired"), j.tls_established(), *j.transaction(encrypted=True), *j.QUIT)
    state = SessionState(server=j.MX1)
    for fact in facts:
        state = advance(state, fact)
    assert state == state_after(*facts)


def test_a_delivery_keeps_the_greeting_and_tls_of_the_one_before() -> None:
    state = state_after(*j.HELLO, *j.starttls("expired"), j.tls_established(), *j.transaction(encrypted=True))
    later = begin_delivery(state)
    assert (later.was_greeted, later.tls, later.hello) == (True, state.tls, "EHLO")
    assert (later.mail.acceptances, later.mail.recipients, later.end, later.has_asked) == ((), {}, None, False)


@pytest.mark.parametrize(
    ("line", "recipient"),
    [
        ("RCPT TO:<a@x>", "a@x"),
        ("rcpt to: A@X NOTIFY=NEVER", "a@x"),
        ("RCPT TO:<@relay.example:a@x>", "a@x"),
        ("RCPT TO:<>", ""),
    ],
)
def test_the_address_is_read_from_the_command(line: str, recipient: str) -> None:
    assert state_after(*j.HELLO, *j.mail(), j.command("rcpt", line)).mail.recipient == recipient


def test_only_the_first_end_counts() -> None:
    state = state_after(*j.HELLO, j.silence("ehlo"), j.server_end("ehlo"))
    assert state.end == j.silence("ehlo")


def test_mail_under_a_certificate_accepts_it_until_the_next_handshake() -> None:
    secured = (*j.HELLO, *j.starttls("expired"), j.tls_established())
    assert not state_after(*secured).tls.is_trusted
    assert state_after(*secured, *j.mail(encrypted=True)).tls.is_trusted
    assert not state_after(*j.HELLO, *j.mail(), *j.starttls("expired")).tls.is_trusted


def test_a_spoiled_handshake_keeps_its_first_reason_until_tls_is_there() -> None:
    spoiled = [HandshakeSpoiled(what=what) for what in ("garbage", "an alert")]
    assert state_after(*j.HELLO, *j.starttls(), *spoiled).tls.spoiled_by == "garbage"
    assert state_after(*j.HELLO, *j.starttls(), *spoiled, j.tls_established()).tls.spoiled_by is None


def test_a_refusal_is_an_obstacle_until_a_later_stage_goes_well() -> None:
    refused = (*j.HELLO, j.command("mail", "MAIL FROM:<a@c>"), j.reply("mail", "451 later"))
    assert str(state_after(*refused).obstacle.reply) == "451 later"  # type: ignore[union-attr]
    assert state_after(*refused, *j.rcpt()).obstacle is None
    assert state_after(*refused, *j.rcpt()).ignored is None


def test_a_malformed_reply_that_was_got_past_was_ignored() -> None:
    state = state_after(*j.HELLO, j.command("mail", "MAIL FROM:<a@c>"), j.reply("mail", "25 OK"), *j.rcpt())
    assert state.obstacle is None
    assert state.ignored is not None
    assert (state.ignored.stage, state.ignored.text) == ("mail", "25 OK")


@pytest.mark.parametrize("flaw", [Flaw.MORE_BEHIND, Flaw.LINE_TOO_LONG])
def test_a_reply_to_the_final_dot_may_have_more_behind_it(flaw: Flaw) -> None:
    said = ReplySent(stage="end-of-data", text="250 OK", encrypted=False, flaw=flaw)
    state = state_after(*j.HELLO, *j.mail(), *j.rcpt(), *j.data(), *j.accepted(), said)
    assert state.mail.is_confirmed


def test_a_reply_before_the_first_command_of_a_delivery_answers_an_earlier_one() -> None:
    sent = (*j.HELLO, *j.mail(), *j.rcpt(), *j.data(), *j.accepted())
    state = state_after(j.reply("end-of-data", "554 no"), earlier=sent)
    assert (state.obstacle, state.owes_reply) == (None, False)
