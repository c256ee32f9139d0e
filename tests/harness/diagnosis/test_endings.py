"""Endings of a session: every stage with every way to go wrong, endings that hide behind others, and the table itself."""

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault_servers.facts import Fact, ReplySent, RuleBroken
from mailfault_servers.smtp.reading import Flaw
from tests.support import journals as j

F = Failure
TO_DATA = (*j.HELLO, *j.mail(), *j.rcpt(), *j.data())
ASKED: dict[str, tuple[Fact, ...]] = {
    "greeting": (),
    "ehlo": (*j.GREETED, j.command("ehlo", "EHLO c")),
    "starttls": (*j.HELLO, j.command("starttls", "STARTTLS")),
    "mail": (*j.HELLO, j.command("mail", "MAIL FROM:<a@c>")),
    "rcpt": (*j.HELLO, *j.mail(), j.command("rcpt", f"RCPT TO:<{j.USER}>")),
    "data": (*j.HELLO, *j.mail(), *j.rcpt(), j.command("data", "DATA")),
    "end-of-data": (*TO_DATA, j.command("end-of-data", ".")),
}
EARLY = ("greeting", "ehlo", "starttls")


def read(*facts: Fact) -> Diagnosis:
    return diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*facts)))


@pytest.mark.parametrize("stage", ASKED)
@pytest.mark.parametrize("reply", ["421 4.3.2 Bye", "451 4.3.0 later", "554 5.7.1 no"])
@pytest.mark.parametrize("tail", ["quit", "fin", "rst", "silence", "client"])
def test_a_complete_refusal_counts_whatever_follows_it(stage: str, reply: str, tail: str) -> None:
    after = {
        "quit": j.QUIT,
        "fin": (j.server_end(stage),),
        "rst": (j.server_end(stage, "rst"),),
        "silence": (j.silence(stage), j.client_end(stage)),
        "client": (j.client_end(stage),),
    }[tail]
    diagnosis = read(*ASKED[stage], j.reply(stage, reply), *after)
    assert diagnosis.failure is (F.CANNOT_CONNECT if stage in EARLY else F.REMOTE_REPLY)
    assert (diagnosis.stage, str(diagnosis.reply)) == (stage, reply)
    assert reply in diagnosis.sentence


@pytest.mark.parametrize("stage", ASKED)
@pytest.mark.parametrize("how", ["fin", "rst", "half-close"])
def test_an_end_in_place_of_the_reply(stage: str, how: str) -> None:
    diagnosis = read(*ASKED[stage], j.server_end(stage, how))
    assert (diagnosis.failure, diagnosis.stage, diagnosis.reply) == (F.CONNECTION_CLOSED, stage, None)


@pytest.mark.parametrize("stage", ASKED)
def test_silence_in_place_of_the_reply(stage: str) -> None:
    diagnosis = read(*ASKED[stage], j.silence(stage), j.client_end(stage))
    assert diagnosis.failure is (F.CONNECTION_TIMED_OUT if stage == "greeting" else F.CONNECTION_CLOSED)
    assert diagnosis.stage == stage


@pytest.mark.parametrize("stage", ASKED)
def test_something_unreadable_in_place_of_the_reply(stage: str) -> None:
    diagnosis = read(*ASKED[stage], j.reply(stage, "HTTP/1.1 400 Bad Request"), j.server_end(stage))
    assert diagnosis.failure is (F.CANNOT_CONNECT if stage in EARLY else F.CONNECTION_CLOSED)
    assert (diagnosis.stage, diagnosis.reply) == (stage, None)


ENCRYPTED = (*j.HELLO, *j.starttls("expired"), j.tls_established())
ENCRYPTED_WELL = (*j.HELLO, *j.starttls(), j.tls_established())
EHLO_INSIDE = (j.command("ehlo", "EHLO c", encrypted=True), j.reply("ehlo", j.EHLO_PLAIN, encrypted=True))
RCPT_REFUSED = j.rcpt(text="550 5.1.1 who?")
RCPT_REFUSED_INSIDE = (*j.mail(encrypted=True), *j.rcpt(text="550 5.1.1 who?", encrypted=True))

ENDINGS: dict[str, tuple[tuple[Fact, ...], Failure | None, str | None, str]] = {
    # a later command that was not answered is what ended the session, not an older refusal
    "one RCPT refused, the next one reset": (
        (*j.HELLO, *j.mail(), *RCPT_REFUSED, j.command("rcpt", f"RCPT TO:<{j.OTHER}>"), j.server_end("rcpt", "rst")),
        F.CONNECTION_CLOSED, "rcpt", "reset",
    ),
    "one RCPT refused, the next one never answered": (
        (*j.HELLO, *j.mail(), *RCPT_REFUSED, j.command("rcpt", f"RCPT TO:<{j.OTHER}>"), j.silence("rcpt"), j.client_end("rcpt")),
        F.CONNECTION_CLOSED, "rcpt", "never answered",
    ),
    "EHLO refused, HELO reset": (
        (*j.GREETED, j.command("ehlo", "EHLO c"), j.reply("ehlo", "502 no"), j.command("ehlo", "HELO c"), j.server_end("ehlo", "rst")),
        F.CONNECTION_CLOSED, "ehlo", "HELO",
    ),
    "STARTTLS refused, MAIL in clear reset": (
        (*ASKED["starttls"], j.reply("starttls", "454 no"), j.command("mail", "MAIL FROM:<a@c>"), j.server_end("mail", "rst")),
        F.CONNECTION_CLOSED, "mail", "MAIL",
    ),
    "one RCPT refused, another taken, the message cut": (
        (*j.HELLO, *j.mail(), *RCPT_REFUSED, *j.rcpt(j.OTHER), *j.data(), j.server_end("message")),
        F.CONNECTION_CLOSED, "message", "bytes of the message",
    ),
    # a refusal is overcome only by getting past it
    "STARTTLS refused, EHLO again, then gone": (
        (*ASKED["starttls"], j.reply("starttls", "454 4.7.0 no"), j.command("ehlo", "EHLO c"), j.reply("ehlo", j.EHLO), *j.QUIT),
        F.CANNOT_CONNECT, "starttls", "454 4.7.0 no",
    ),
    "RCPT refused, RSET, MAIL again, then gone": (
        (*j.HELLO, *j.mail(), *RCPT_REFUSED, j.command("rset", "RSET"), j.reply("rset", "250 OK"), *j.mail(), *j.QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "the first RCPT refused, the second taken, then gone": (
        (*j.HELLO, *j.mail(), *RCPT_REFUSED, *j.rcpt(j.OTHER), *j.QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "the first RCPT taken, the second refused, then gone": (
        (*j.HELLO, *j.mail(), *j.rcpt(j.OTHER), *RCPT_REFUSED, *j.QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "RCPT refused, the same RCPT taken, then gone": (
        (*j.HELLO, *j.mail(), *RCPT_REFUSED, *j.rcpt(), *j.QUIT),
        None, "rcpt", "left",
    ),
    # commands sent ahead (RFC 2920) meet 503, which only echoes the refusal
    "MAIL refused, RCPT and DATA sent ahead": (
        (*ASKED["mail"], j.reply("mail", "451 4.3.0 later"), *j.rcpt(text="503 Error: need MAIL command"),
         j.command("data", "DATA"), j.reply("data", "503 Error: need RCPT command"), *j.QUIT),
        F.REMOTE_REPLY, "mail", "451 4.3.0 later",
    ),
    "RCPT refused, DATA sent ahead": (
        (*j.HELLO, *j.mail(), *RCPT_REFUSED, j.command("data", "DATA"), j.reply("data", "503 5.5.1 need RCPT"), *j.QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "RCPT refused, DATA sent ahead and told 554": (
        (*j.HELLO, *j.mail(), *RCPT_REFUSED, j.command("data", "DATA"), j.reply("data", "554 5.5.1 no valid recipients"), *j.QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "503 that nothing came before is an answer": (
        (*ASKED["rcpt"], j.reply("rcpt", "503 5.5.1 no"), *j.QUIT), F.REMOTE_REPLY, "rcpt", "503 5.5.1 no",
    ),
    # what is said to QUIT, or not said, ends nothing
    "STARTTLS not offered, garbage at QUIT": (
        (*j.HELLO_PLAIN, j.command("quit", "QUIT"), j.reply("quit", "what?"), j.server_end("quit")),
        F.CANNOT_CONNECT, "ehlo", "did not offer STARTTLS",
    ),
    "STARTTLS not offered, silence at QUIT": (
        (*j.HELLO_PLAIN, j.command("quit", "QUIT"), j.silence("quit"), j.client_end("quit")),
        F.CANNOT_CONNECT, "ehlo", "did not offer STARTTLS",
    ),
    "certificate refused, silence at QUIT": (
        (*ENCRYPTED, j.command("quit", "QUIT", encrypted=True), j.silence("quit"), j.client_end("quit")),
        F.CERTIFICATE_INVALID, "starttls", "expired",
    ),
    "left for no reason, silence at QUIT": (
        (*j.HELLO, j.command("quit", "QUIT"), j.silence("quit"), j.client_end("quit")), None, "ehlo", "left",
    ),
    # something unreadable that the client got over
    "garbage at EHLO, HELO well, MAIL reset": (
        (*ASKED["ehlo"], j.reply("ehlo", "what?"), j.command("ehlo", "HELO c"), j.reply("ehlo", "250 mx"),
         j.command("mail", "MAIL FROM:<a@c>"), j.server_end("mail", "rst")),
        F.CONNECTION_CLOSED, "mail", "MAIL",
    ),
    "garbage for a greeting, RCPT refused": (
        (j.reply("greeting", "what?"), *j.HELLO[1:], *j.mail(), *RCPT_REFUSED, *j.QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "one RCPT refused, garbage for the next": (
        (*j.HELLO, *j.mail(), *RCPT_REFUSED, *j.rcpt(j.OTHER, "what?"), j.client_end("rcpt")),
        F.CONNECTION_CLOSED, "rcpt", "what?",
    ),
    # TLS that breaks down late has nothing to do with the certificate
    "a bad certificate accepted, RCPT refused, TLS cut off": (
        (*ENCRYPTED, *EHLO_INSIDE, *RCPT_REFUSED_INSIDE, j.tls_failed(None)), F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "a good certificate, RCPT refused, TLS cut off": (
        (*ENCRYPTED_WELL, *EHLO_INSIDE, *RCPT_REFUSED_INSIDE, j.tls_failed(None)), F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "a bad certificate accepted, EHLO refused, TLS cut off": (
        (*ENCRYPTED, j.command("ehlo", "EHLO c", encrypted=True), j.reply("ehlo", "421 4.3.2 Bye", encrypted=True),
         j.tls_failed(None)),
        F.CANNOT_CONNECT, "ehlo", "421 4.3.2 Bye",
    ),
    "a bad certificate accepted, RCPT never answered, TLS cut off": (
        (*ENCRYPTED, *EHLO_INSIDE, *j.mail(encrypted=True), j.command("rcpt", f"RCPT TO:<{j.USER}>", encrypted=True),
         j.silence("rcpt"), j.tls_failed(None)),
        F.CONNECTION_CLOSED, "rcpt", "never answered",
    ),
    "silence in the handshake, then the client breaks it off": (
        (*j.HELLO, *j.starttls(), j.silence("starttls"), j.tls_failed(None)), F.CONNECTION_CLOSED, "starttls", "fell silent within",
    ),
    "the alert comes after the handshake (TLS 1.3)": (
        (*ENCRYPTED, j.tls_failed("unknown ca")), F.CERTIFICATE_INVALID, "starttls", "unknown ca",
    ),
    "the client leaves the handshake, the certificate being fine": (
        (*j.HELLO, *j.starttls(), j.client_end("starttls")), F.CANNOT_CONNECT, "starttls", "handshake",
    ),
    "a bad certificate, EHLO inside, then gone": (
        (*ENCRYPTED, *EHLO_INSIDE, *j.QUIT), F.CERTIFICATE_INVALID, "starttls", "expired",
    ),
    "a bad certificate, MAIL inside, then gone": (
        (*ENCRYPTED, *EHLO_INSIDE, *j.mail(encrypted=True), j.client_end("mail")), None, "mail", "left",
    ),
    "a server that closes after its greeting": (
        (*j.GREETED, j.server_end("greeting")), F.CONNECTION_CLOSED, "greeting", "after",
    ),
    "a refusal of the final dot is one, whatever was noted before": (
        (*TO_DATA, *j.accepted(), j.reply("end-of-data", "451 4.3.0 later"), *j.QUIT), F.REMOTE_REPLY, "end-of-data", "451 4.3.0",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "failure", "stage", "words"), ENDINGS.values(), ids=ENDINGS)
def test_what_ended_it(facts: tuple[Fact, ...], failure: Failure | None, stage: str, words: str) -> None:
    diagnosis = read(*facts)
    assert (diagnosis.failure, diagnosis.stage) == (failure, stage), diagnosis.sentence
    assert words in diagnosis.sentence
    assert diagnosis.happened is (failure is not None)
    assert not diagnosis.delivered
    assert not diagnosis.may_be_delivered


def test_the_sentence_names_the_command_that_was_refused() -> None:
    diagnosis = read(*ASKED["ehlo"], j.reply("ehlo", "421 4.3.2 Bye"), *j.QUIT)
    assert diagnosis.sentence == f"{j.MX1} answered EHLO with 421 4.3.2 Bye"


def test_an_unreadable_answer_to_the_final_dot_leaves_it_open() -> None:
    diagnosis = read(*TO_DATA, *j.accepted(), j.reply("end-of-data", "what?"), j.server_end("end-of-data"))
    assert (diagnosis.failure, diagnosis.may_be_delivered, diagnosis.delivered) == (F.CONNECTION_CLOSED, True, False)


def test_an_intermediate_reply_confirms_nothing() -> None:
    diagnosis = read(*TO_DATA, *j.accepted(), j.reply("end-of-data", "354 go on"), j.server_end("end-of-data"))
    assert (diagnosis.failure, diagnosis.may_be_delivered, diagnosis.delivered) == (F.CONNECTION_CLOSED, True, False)


def test_of_two_transactions_each_counts() -> None:
    second = (*j.mail(), *j.rcpt(j.OTHER), j.command("data", "DATA"), j.reply("data", "554 5.6.0 no"), *j.QUIT)
    diagnosis = read(*j.HELLO, *j.transaction(), *second)
    assert (diagnosis.failure, diagnosis.delivered) == (F.REMOTE_REPLY, False)
    assert diagnosis.recipients[j.USER].delivered
    assert str(diagnosis.recipients[j.OTHER].reply) == "554 5.6.0 no"


def test_a_transaction_begun_and_dropped_takes_nothing_back() -> None:
    assert read(*j.HELLO, *j.transaction(), *j.mail(), *j.QUIT).delivered


def test_two_transactions_may_both_succeed() -> None:
    diagnosis = read(*j.HELLO, *j.transaction(), *j.mail(), *j.rcpt(j.OTHER), *j.data(), *j.confirmed(j.OTHER), *j.QUIT)
    assert (diagnosis.delivered, diagnosis.recipients, len(diagnosis.acceptances)) == (True, {}, 2)


@pytest.mark.parametrize("end", [(), j.QUIT, (j.client_end("data"),)])
def test_what_could_not_be_read_is_why_a_client_left_that_had_sent_commands_ahead(end: tuple[Fact, ...]) -> None:
    unread = (j.command("mail", "MAIL FROM:<a@c>"), j.reply("mail", "25 OK"))
    diagnosis = read(*j.HELLO, *unread, *j.rcpt(), *j.data(), *end)
    assert (diagnosis.failure, diagnosis.stage) == (F.CONNECTION_CLOSED, "mail")
    assert diagnosis.sentence.startswith(f"{j.MX1} answered MAIL with '25 OK'")


def test_what_could_not_be_read_early_and_was_gone_on_after_makes_the_host_of_no_use() -> None:
    twice = ReplySent(stage="greeting", text="220 mx\n250 mx", encrypted=False, flaw=Flaw.MORE_BEHIND)
    unread = (twice, j.command("ehlo", "EHLO c"), j.reply("ehlo", j.EHLO))
    assert read(*unread, *j.mail(), *j.rcpt(), *j.data(), *j.QUIT).failure is F.CANNOT_CONNECT


def test_what_could_not_be_read_did_no_harm_where_the_message_arrived() -> None:
    unread = (j.command("mail", "MAIL FROM:<a@c>"), j.reply("mail", "25 OK"))
    assert read(*j.HELLO, *unread, *j.rcpt(), *j.data(), *j.confirmed(), *j.QUIT).delivered


def test_a_refusal_that_came_later_counts_for_more() -> None:
    unread = (j.command("mail", "MAIL FROM:<a@c>"), j.reply("mail", "25 OK"))
    diagnosis = read(*j.HELLO, *unread, *j.rcpt(text="550 5.1.1 No such user"), *j.QUIT)
    assert diagnosis.failure is F.REMOTE_REPLY


def broken(stage: str) -> RuleBroken:
    return RuleBroken(stage=stage, rule="early-talk", breach="it spoke too early (RFC 1)")


@pytest.mark.parametrize("stage", ASKED)
@pytest.mark.parametrize("flaw", ["", Flaw.CODES_DIFFER])
def test_a_punishment_is_a_refusal_that_names_the_rule(stage: str, flaw: str) -> None:
    text = "220-mx\n554 5.5.0 Wait" if flaw else "554 5.5.0 Wait"
    punishment = ReplySent(stage=stage, text=text, encrypted=False, flaw=flaw)
    found = read(*ASKED[stage], broken(stage), punishment, j.server_end(stage))
    assert found.failure is (F.CANNOT_CONNECT if stage in EARLY else F.REMOTE_REPLY)
    assert str(found.reply) == "554 5.5.0 Wait"
    assert found.sentence.startswith("the client broke a rule: it spoke too early (RFC 1); mx1.dest.example ")
    assert not found.delivered


def test_a_rule_that_was_broken_does_not_matter_once_the_message_is_accepted() -> None:
    refused = (j.command("ehlo", "EHLO _"), broken("ehlo"), j.reply("ehlo", "501 5.5.2 No name"))
    found = read(*j.GREETED, *refused, *j.HELLO[1:], *j.transaction(), *j.QUIT)
    assert found.delivered
    assert found.sentence == "mx1.dest.example accepted the message"


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            (*j.mail(), *j.rcpt(), j.command("data", "DATA"), j.reply("data", "250 2.0.0 Resetting")),
            "answered DATA with '250 2.0.0 Resetting', which is no answer to DATA",
        ),
        (
            (
                j.command("other", "NOOP"),
                ReplySent(stage="other", text="250 OK\n421 4.4.1 Bye", encrypted=False, flaw=Flaw.MORE_BEHIND),
            ),
            "said 421 4.4.1 Bye right behind its answer to NOOP",
        ),
        (
            (
                j.command("rset", "RSET"),
                ReplySent(stage="rset", text="250 OK\n421 4.4.1 Bye", encrypted=False, flaw=Flaw.MORE_BEHIND),
            ),
            "said 421 4.4.1 Bye right behind its answer to RSET",
        ),
    ],
)
def test_a_reply_at_the_wrong_place_is_named_as_such(facts: tuple[Fact, ...], sentence: str) -> None:
    assert diagnose(j.one_host(*j.HELLO, *facts)).sentence == f"{j.MX1} {sentence}"
