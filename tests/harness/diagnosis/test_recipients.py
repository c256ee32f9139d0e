"""Recipients that fare differently."""

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnose import diagnose
from mailfault_servers.facts import Fact
from mailfault_servers.journal import Entry
from tests.support import journals as j

F = Failure
BOTH = (j.port(), j.port(host=j.MX2))
TURNED_AWAY = (j.reply("greeting", "421 4.3.2 Bye"), j.server_end("greeting"))
WELL = (*j.HELLO, *j.transaction(), *j.QUIT)


def one_session(*facts: Fact) -> list[Entry]:
    return j.journal(j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.mail(), *facts))


def test_recipients_refused_differently() -> None:
    diagnosis = diagnose(one_session(*j.rcpt(text="550 5.1.1 who?"), *j.rcpt(j.OTHER, "451 4.2.0 later"), *j.QUIT))
    assert (diagnosis.failure, diagnosis.delivered) == (F.REMOTE_REPLY, False)
    assert {recipient: str(own.reply) for recipient, own in diagnosis.recipients.items()} == {
        j.USER: "550 5.1.1 who?",
        j.OTHER: "451 4.2.0 later",
    }


def test_recipients_refused_alike_fared_alike() -> None:
    diagnosis = diagnose(one_session(*j.rcpt(text="451 later"), *j.rcpt(j.OTHER, "451 later"), *j.QUIT))
    assert (str(diagnosis.reply), diagnosis.recipients) == ("451 later", {})


def test_one_recipient_refused_and_the_connection_reset_at_the_other() -> None:
    reset = (j.command("rcpt", f"RCPT TO:<{j.OTHER}>"), j.server_end("rcpt", "rst"))
    diagnosis = diagnose(one_session(*j.rcpt(text="550 5.1.1 who?"), *reset))
    assert diagnosis.failure is F.CONNECTION_CLOSED
    assert diagnosis.recipients[j.USER].failure is F.REMOTE_REPLY
    assert diagnosis.recipients[j.OTHER].failure is F.CONNECTION_CLOSED


def test_one_recipient_refused_and_the_reply_to_the_message_lost() -> None:
    facts = (*j.rcpt(), *j.rcpt(j.OTHER, "550 5.1.1 who?"), *j.data(), *j.accepted(j.USER), j.silence("end-of-data"))
    diagnosis = diagnose(one_session(*facts))
    assert (diagnosis.failure, diagnosis.may_be_delivered) == (F.CONNECTION_CLOSED, True)
    assert diagnosis.recipients[j.USER].may_be_delivered
    assert str(diagnosis.recipients[j.OTHER].reply) == "550 5.1.1 who?"
    assert not diagnosis.recipients[j.OTHER].may_be_delivered


def test_a_recipient_whose_rcpt_was_never_answered_was_tried() -> None:
    cut = (*j.HELLO, *j.mail(), j.command("rcpt", f"RCPT TO:<{j.OTHER}>"), j.server_end("rcpt", "rst"))
    diagnosis = diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*WELL), j.session(*cut, number=2)))
    assert (diagnosis.failure, diagnosis.delivered) == (F.CONNECTION_CLOSED, False)
    assert diagnosis.recipients[j.USER].delivered
    assert diagnosis.recipients[j.OTHER].failure is F.CONNECTION_CLOSED


def test_for_a_deferred_recipient_the_next_host_decides() -> None:
    half = (
        *j.HELLO,
        *j.mail(),
        *j.rcpt(),
        *j.rcpt(j.OTHER, "451 4.2.0 later"),
        *j.data(),
        *j.confirmed(j.USER),
        *j.QUIT,
    )
    diagnosis = diagnose(
        j.journal(*BOTH, j.lookups(j.MX1, j.MX2), j.session(*half), j.session(*TURNED_AWAY, host=j.MX2))
    )
    assert diagnosis.recipients[j.USER].delivered
    assert (diagnosis.recipients[j.OTHER].failure, diagnosis.recipients[j.OTHER].server) == (F.CANNOT_CONNECT, j.MX2)
    assert (diagnosis.failure, diagnosis.server) == (F.CANNOT_CONNECT, j.MX2)


def test_for_a_refused_recipient_the_next_host_does_not() -> None:
    half = (
        *j.HELLO,
        *j.mail(),
        *j.rcpt(),
        *j.rcpt(j.OTHER, "550 5.1.1 who?"),
        *j.data(),
        *j.confirmed(j.USER),
        *j.QUIT,
    )
    diagnosis = diagnose(j.journal(j.port(), j.port("refusing", j.MX2), j.lookups(j.MX1, j.MX2), j.session(*half)))
    assert (diagnosis.recipients[j.OTHER].failure, diagnosis.recipients[j.OTHER].server) == (F.REMOTE_REPLY, j.MX1)


@pytest.mark.parametrize(
    "line", [f"RCPT TO:<{j.OTHER}>", f"RCPT TO:{j.OTHER}", f"rcpt to: <{j.OTHER}> NOTIFY=NEVER", f"RCPT TO:<@relay.example:{j.OTHER}>"]
)  # fmt: skip
def test_an_address_on_the_line_is_found(line: str) -> None:
    refused = (j.command("rcpt", line), j.reply("rcpt", "550 5.1.1 who?"))
    diagnosis = diagnose(one_session(*j.rcpt(), *refused, *j.data(), *j.confirmed(j.USER), *j.QUIT))
    assert not diagnosis.delivered
    assert set(diagnosis.recipients) == {j.USER, j.OTHER}


def test_case_makes_no_other_recipient() -> None:
    upper = j.USER.upper()
    diagnosis = diagnose(one_session(*j.rcpt(upper), *j.data(), *j.confirmed(j.USER), *j.QUIT))
    assert (diagnosis.delivered, diagnosis.recipients) == (True, {})
    refused = (*j.HELLO, *j.mail(), *j.rcpt(upper, "451 later"), *j.QUIT)
    assert diagnose(
        j.journal(*BOTH, j.lookups(j.MX1, j.MX2), j.session(*refused), j.session(*WELL, host=j.MX2))
    ).delivered
