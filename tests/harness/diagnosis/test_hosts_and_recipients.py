"""Which host decides, what is concluded from addresses handed out, and recipients that fare differently."""

from dataclasses import replace

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Grade
from mailfault_servers.facts import Fact
from mailfault_servers.journal import Entry
from tests.harness.diagnosis.journals import (
    ADDRESSES,
    GREETED,
    HELLO,
    MX1,
    MX2,
    QUIT,
    USER,
    Part,
    asked,
    client_fin,
    confirmed,
    found,
    journal,
    port,
    replied,
    said,
    server_fin,
    session,
    silent,
    starttls,
    tls_failed,
    to_data,
    to_mail,
    to_rcpt,
    took,
    transaction,
    unanswered,
)

F = Failure
OTHER = "other@dest.example"
BOTH = (port(), port(host=MX2))
TURNED_AWAY = (replied("greeting", "421 4.3.2 Bye"), server_fin("greeting"))
REFUSED = (*HELLO, *to_mail(), *to_rcpt(reply="550 5.1.1 who?"), *QUIT)
DEFERRED = (*HELLO, *to_mail(), *to_rcpt(reply="451 4.3.0 later"), *QUIT)
LOST_REPLY = (*HELLO, *to_mail(), *to_rcpt(), *to_data(), *took(), server_fin("end-of-data", "rst"))
IDLE = (*HELLO, *QUIT)
WELL = (*HELLO, *transaction(), *QUIT)


def mx(*pairs: tuple[int, str]) -> list[Part]:
    return asked("dest.example", "MX", "NOERROR", *(f"MX {preference} {host}" for preference, host in pairs))


def address(host: str) -> list[Part]:
    return asked(host, "A", "NOERROR", f"A {ADDRESSES[host]}")


def interleaved(first: list[Part], second: list[Part]) -> list[Part]:
    """Both, entry by entry in turn."""
    mixed = [part for pair in zip(first, second, strict=False) for part in pair]
    shorter = min(len(first), len(second))
    return mixed + first[shorter:] + second[shorter:]


# -- the last one attempted ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(MX1, MX2), (MX2, MX1)])
def test_hosts_of_equal_preference_may_be_tried_in_any_order(order: tuple[str, str]) -> None:
    last = order[-1]
    sessions = session(*TURNED_AWAY, host=order[0]) + session(server_fin("greeting"), host=last)
    looked_up = mx((10, MX1), (10, MX2)) + address(MX1) + address(MX2)
    its = diagnose(journal(*BOTH, looked_up, sessions))
    assert (its.failure, its.server) == (F.CONNECTION_CLOSED, last)


def test_a_host_that_is_tried_again_after_all_others_was_the_last() -> None:
    parts = session(*TURNED_AWAY) + session(server_fin("greeting"), host=MX2)
    its = diagnose(journal(*BOTH, found(MX1, MX2), parts, session(*DEFERRED, number=2)))
    assert (its.failure, its.server) == (F.REMOTE_REPLY, MX1)


def test_of_equal_preference_the_one_looked_up_later_was_tried_later() -> None:
    ports = (port(), port("refusing", MX2))
    late = mx((10, MX1), (10, MX2)) + address(MX1) + session(*TURNED_AWAY) + address(MX2)
    assert diagnose(journal(*ports, late)).server == MX2
    early = mx((10, MX1), (10, MX2)) + address(MX2) + address(MX1) + session(*TURNED_AWAY)
    assert diagnose(journal(*ports, early)).server == MX1


def test_preference_is_a_number() -> None:
    parts = mx((9, MX1), (10, MX2)) + address(MX2) + address(MX1)
    its = diagnose(journal(port("refusing"), port("unresponsive", MX2), parts))
    assert (its.failure, its.server, its.grade) == (F.CONNECTION_TIMED_OUT, MX2, Grade.INFERRED)


@pytest.mark.parametrize(
    ("facts", "failure", "server"),
    [
        (TURNED_AWAY, F.CONNECTION_REFUSED, MX2),
        (DEFERRED, F.CONNECTION_REFUSED, MX2),
        (REFUSED, F.REMOTE_REPLY, MX1),
        (LOST_REPLY, F.CONNECTION_CLOSED, MX1),
    ],
)
def test_after_a_final_answer_no_further_attempt_is_inferred(facts: tuple[Fact, ...], failure: F, server: str) -> None:
    its = diagnose(journal(port(), port("refusing", MX2), found(MX1, MX2), session(*facts)))
    assert (its.failure, its.server) == (failure, server)
    assert its.grade is (Grade.INFERRED if server == MX2 else Grade.WITNESSED)


@pytest.mark.parametrize("after", [TURNED_AWAY, REFUSED, (server_fin("greeting"),)])
def test_a_lost_reply_outranks_what_another_host_says(after: tuple[Fact, ...]) -> None:
    its = diagnose(journal(*BOTH, found(MX1, MX2), session(*LOST_REPLY), session(*after, host=MX2)))
    assert (its.failure, its.server, its.may_be_delivered) == (F.CONNECTION_CLOSED, MX1, True)


def test_after_a_lost_reply_a_confirmed_copy_is_success() -> None:
    its = diagnose(journal(*BOTH, found(MX1, MX2), session(*LOST_REPLY), session(*WELL, host=MX2)))
    assert (its.failure, its.delivered, its.server, its.may_be_delivered) == (None, True, MX2, False)


def test_success_at_a_host_of_lower_rank_than_a_shut_one() -> None:
    its = diagnose(journal(port(), port("refusing", MX2), found(MX1, MX2), session(*WELL)))
    assert (its.failure, its.delivered, its.server, its.grade) == (None, True, MX1, Grade.WITNESSED)
    assert its.address == ADDRESSES[MX1]
    assert its.stage != "connect"


# -- several sessions at one host ------------------------------------------------------------------------------------


def test_sessions_may_run_side_by_side() -> None:
    parts = interleaved(session(*TURNED_AWAY), session(*WELL, host=MX2))
    its = diagnose(journal(*BOTH, found(MX1, MX2), parts))
    assert (its.delivered, its.server) == (True, MX2)
    parts = interleaved(session(*DEFERRED), session(*TURNED_AWAY, number=2))
    assert diagnose(journal(*BOTH, found(MX1), parts)).failure is F.CANNOT_CONNECT


@pytest.mark.parametrize("idle", [IDLE, (*GREETED, client_fin("greeting")), (client_fin("greeting"),)])
def test_a_connection_that_nothing_happens_on_hides_no_failure(idle: tuple[Fact, ...]) -> None:
    before = diagnose(journal(port(), found(MX1), session(*idle), session(*DEFERRED, number=2)))
    after = diagnose(journal(port(), found(MX1), session(*DEFERRED), session(*idle, number=2)))
    assert before.failure is after.failure is F.REMOTE_REPLY


def test_what_follows_starttls_trouble_on_a_new_connection_decides() -> None:
    broken = session(*HELLO, *starttls(), tls_failed("handshake failure"))
    its = diagnose(journal(port(), found(MX1), broken, session(*REFUSED, number=2)))
    assert (its.failure, str(its.reply), its.clear_mail) == (F.REMOTE_REPLY, "550 5.1.1 who?", (MX1,))


def test_several_attempts_in_one_journal_keep_their_sessions_apart() -> None:
    first = journal(port(), found(MX1), session(*DEFERRED))
    again = [replace(one, attempt=2, number=one.number + 100) for one in journal(found(MX1), session(*WELL))]
    assert diagnose(first).failure is F.REMOTE_REPLY
    assert diagnose([first[0], *again]).delivered
    assert diagnose([*first, *again]).delivered


# -- look-ups ----------------------------------------------------------------------------------------------------------

LOOK_UPS: dict[str, tuple[list[Part], Failure | None, str]] = {
    "asked again, and answered the second time": (
        unanswered("dest.example", "MX") + mx((10, MX1)), None, "did nothing more",
    ),
    "truncated over UDP, whole over TCP": (asked("dest.example", "MX") + mx((10, MX1)), None, "did nothing more"),
    "answered, and then no longer": (mx((10, MX1)) + unanswered("dest.example", "MX"), F.DNS_QUERY_FAILED, "never"),
    "an alias that leads nowhere": (
        mx((10, MX1)) + asked(MX1, "A", "NOERROR", f"CNAME {MX2}"), F.DNS_QUERY_FAILED, f"{MX1} A",
    ),
    "no AAAA beside an A that leads out of this world": (
        mx((10, MX1)) + asked(MX1, "A", "NOERROR", "A 192.0.2.9") + asked(MX1, "AAAA"), None, "did nothing more",
    ),
    "AAAA alone, and none": (asked(MX1, "AAAA"), F.DNS_QUERY_FAILED, f"{MX1} AAAA"),
    "neither A nor AAAA": (asked(MX1, "A") + asked(MX1, "AAAA"), F.DNS_QUERY_FAILED, f"{MX1} A "),
    "the first target gone, the second never asked for": (
        mx((10, MX1), (20, MX2)) + asked(MX1, "A", "NXDOMAIN"), F.DNS_QUERY_FAILED, "NXDOMAIN",
    ),
    "FORMERR": (asked("dest.example", "MX", "FORMERR"), F.DNS_QUERY_FAILED, "FORMERR"),
    "a question that is not answered at all": (
        unanswered("dest.example", "MX")[:1], F.DNS_QUERY_FAILED, "not answered in time"
    ),
    "a forged answer behind a lasting one": (
        asked("dest.example", "MX", "NXDOMAIN") + asked("dest.example", "MX", "MISMATCHED")[1:],
        F.DNS_QUERY_FAILED, "NXDOMAIN",
    ),
    "the address of nobody": (
        asked("dest.example", "MX", "NOERROR", f"MX 10 {MX1}") + asked(MX1, "A", "NOERROR", "A 0.0.0.0"),
        F.DNS_QUERY_FAILED, "nobody",
    ),
    "null MX": (asked("dest.example", "MX", "NOERROR", "MX 0 ."), F.NO_MAIL_SERVICE, "null MX"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "failure", "words"), LOOK_UPS.values(), ids=LOOK_UPS)
def test_look_ups(parts: list[Part], failure: Failure | None, words: str) -> None:
    its = diagnose(journal(port(), port(host=MX2), parts))
    assert its.failure is failure, its.sentence
    assert words in its.sentence
    assert its.happened is (failure is not None)


def test_no_aaaa_matters_to_nobody_where_a_works() -> None:
    assert diagnose(journal(port(), found(MX1), session(*WELL))).delivered


def test_an_address_may_be_written_in_any_way() -> None:
    ports: list[Part] = [port("refusing")]
    ports[0] = (MX1, None, replace(ports[0][2], address="fd00::a"))  # type: ignore[type-var]
    parts = mx((10, MX1)) + asked(MX1, "AAAA", "NOERROR", "AAAA fd00:0:0:0:0:0:0:a")
    its = diagnose(journal(ports, parts))
    assert (its.failure, its.server) == (F.CONNECTION_REFUSED, MX1)


# -- recipients --------------------------------------------------------------------------------------------------------


def one_session(*facts: Fact) -> list[Entry]:
    return journal(port(), found(MX1), session(*HELLO, *to_mail(), *facts))


def test_recipients_refused_differently() -> None:
    its = diagnose(one_session(*to_rcpt(reply="550 5.1.1 who?"), *to_rcpt(OTHER, "451 4.2.0 later"), *QUIT))
    assert (its.failure, its.delivered) == (F.REMOTE_REPLY, False)
    assert {who: str(one.reply) for who, one in its.recipients.items()} == {
        USER: "550 5.1.1 who?",
        OTHER: "451 4.2.0 later",
    }


def test_recipients_refused_alike_fared_alike() -> None:
    its = diagnose(one_session(*to_rcpt(reply="451 later"), *to_rcpt(OTHER, "451 later"), *QUIT))
    assert (str(its.reply), its.recipients) == ("451 later", {})


def test_one_recipient_refused_and_the_connection_reset_at_the_other() -> None:
    reset = (said("rcpt", f"RCPT TO:<{OTHER}>"), server_fin("rcpt", "rst"))
    its = diagnose(one_session(*to_rcpt(reply="550 5.1.1 who?"), *reset))
    assert its.failure is F.CONNECTION_CLOSED
    assert its.recipients[USER].failure is F.REMOTE_REPLY
    assert its.recipients[OTHER].failure is F.CONNECTION_CLOSED


def test_one_recipient_refused_and_the_reply_to_the_message_lost() -> None:
    facts = (*to_rcpt(), *to_rcpt(OTHER, "550 5.1.1 who?"), *to_data(), *took(USER), silent("end-of-data"))
    its = diagnose(one_session(*facts))
    assert (its.failure, its.may_be_delivered) == (F.CONNECTION_CLOSED, True)
    assert its.recipients[USER].may_be_delivered
    assert str(its.recipients[OTHER].reply) == "550 5.1.1 who?"
    assert not its.recipients[OTHER].may_be_delivered


def test_a_recipient_whose_rcpt_was_never_answered_was_tried() -> None:
    cut = (*HELLO, *to_mail(), said("rcpt", f"RCPT TO:<{OTHER}>"), server_fin("rcpt", "rst"))
    its = diagnose(journal(port(), found(MX1), session(*WELL), session(*cut, number=2)))
    assert (its.failure, its.delivered) == (F.CONNECTION_CLOSED, False)
    assert its.recipients[USER].delivered
    assert its.recipients[OTHER].failure is F.CONNECTION_CLOSED


def test_for_a_deferred_recipient_the_next_host_decides() -> None:
    half = (*HELLO, *to_mail(), *to_rcpt(), *to_rcpt(OTHER, "451 4.2.0 later"), *to_data(), *confirmed(USER), *QUIT)
    its = diagnose(journal(*BOTH, found(MX1, MX2), session(*half), session(*TURNED_AWAY, host=MX2)))
    assert its.recipients[USER].delivered
    assert (its.recipients[OTHER].failure, its.recipients[OTHER].server) == (F.CANNOT_CONNECT, MX2)
    assert (its.failure, its.server) == (F.CANNOT_CONNECT, MX2)


def test_for_a_refused_recipient_the_next_host_does_not() -> None:
    half = (*HELLO, *to_mail(), *to_rcpt(), *to_rcpt(OTHER, "550 5.1.1 who?"), *to_data(), *confirmed(USER), *QUIT)
    its = diagnose(journal(port(), port("refusing", MX2), found(MX1, MX2), session(*half)))
    assert (its.recipients[OTHER].failure, its.recipients[OTHER].server) == (F.REMOTE_REPLY, MX1)


@pytest.mark.parametrize(
    "line", [f"RCPT TO:<{OTHER}>", f"RCPT TO:{OTHER}", f"rcpt to: <{OTHER}> NOTIFY=NEVER", f"RCPT TO:<@relay.example:{OTHER}>"]
)  # fmt: skip
def test_an_address_on_the_line_is_found(line: str) -> None:
    refused = (said("rcpt", line), replied("rcpt", "550 5.1.1 who?"))
    its = diagnose(one_session(*to_rcpt(), *refused, *to_data(), *confirmed(USER), *QUIT))
    assert not its.delivered
    assert set(its.recipients) == {USER, OTHER}


def test_case_makes_no_other_recipient() -> None:
    upper = USER.upper()
    its = diagnose(one_session(*to_rcpt(upper), *to_data(), *confirmed(USER), *QUIT))
    assert (its.delivered, its.recipients) == (True, {})
    refused = (*HELLO, *to_mail(), *to_rcpt(upper, "451 later"), *QUIT)
    assert diagnose(journal(*BOTH, found(MX1, MX2), session(*refused), session(*WELL, host=MX2))).delivered
