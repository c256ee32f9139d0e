"""Cases: the session and the host that decide."""

from dataclasses import replace

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Grade
from mailfault_servers.facts import Fact
from tests.support import journals as j

F = Failure
BOTH = (j.port(), j.port(host=j.MX2))
TURNED_AWAY = (j.reply("greeting", "421 4.3.2 Bye"), j.server_end("greeting"))
REFUSED = (*j.HELLO, *j.mail(), *j.rcpt(text="550 5.1.1 who?"), *j.QUIT)
DEFERRED = (*j.HELLO, *j.mail(), *j.rcpt(text="451 4.3.0 later"), *j.QUIT)
LOST_REPLY = (*j.HELLO, *j.mail(), *j.rcpt(), *j.data(), *j.accepted(), j.server_end("end-of-data", "rst"))
IDLE = (*j.HELLO, *j.QUIT)
WELL = (*j.HELLO, *j.transaction(), *j.QUIT)


def interleaved(first: list[j.Part], second: list[j.Part]) -> list[j.Part]:
    """Both, entry by entry in turn."""
    mixed = [part for pair in zip(first, second, strict=False) for part in pair]
    shorter = min(len(first), len(second))
    return mixed + first[shorter:] + second[shorter:]


# -- the last one attempted ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(j.MX1, j.MX2), (j.MX2, j.MX1)])
def test_hosts_of_equal_preference_may_be_tried_in_any_order(order: tuple[str, str]) -> None:
    last = order[-1]
    sessions = j.session(*TURNED_AWAY, host=order[0]) + j.session(j.server_end("greeting"), host=last)
    looked_up = j.mx((10, j.MX1), (10, j.MX2)) + j.address(j.MX1) + j.address(j.MX2)
    diagnosis = diagnose(j.journal(*BOTH, looked_up, sessions))
    assert (diagnosis.failure, diagnosis.server) == (F.CONNECTION_CLOSED, last)


def test_a_host_that_is_tried_again_after_all_others_was_the_last() -> None:
    parts = j.session(*TURNED_AWAY) + j.session(j.server_end("greeting"), host=j.MX2)
    diagnosis = diagnose(j.journal(*BOTH, j.lookups(j.MX1, j.MX2), parts, j.session(*DEFERRED, number=2)))
    assert (diagnosis.failure, diagnosis.server) == (F.REMOTE_REPLY, j.MX1)


def test_of_equal_preference_the_one_looked_up_later_was_tried_later() -> None:
    ports = (j.port(), j.port("refusing", j.MX2))
    late = j.mx((10, j.MX1), (10, j.MX2)) + j.address(j.MX1) + j.session(*TURNED_AWAY) + j.address(j.MX2)
    assert diagnose(j.journal(*ports, late)).server == j.MX2
    early = j.mx((10, j.MX1), (10, j.MX2)) + j.address(j.MX2) + j.address(j.MX1) + j.session(*TURNED_AWAY)
    assert diagnose(j.journal(*ports, early)).server == j.MX1


def test_preference_is_a_number() -> None:
    parts = j.mx((9, j.MX1), (10, j.MX2)) + j.address(j.MX2) + j.address(j.MX1)
    diagnosis = diagnose(j.journal(j.port("refusing"), j.port("unresponsive", j.MX2), parts))
    assert (diagnosis.failure, diagnosis.server, diagnosis.grade) == (F.CONNECTION_TIMED_OUT, j.MX2, Grade.INFERRED)


@pytest.mark.parametrize(
    ("facts", "failure", "server"),
    [
        (TURNED_AWAY, F.CONNECTION_REFUSED, j.MX2),
        (DEFERRED, F.CONNECTION_REFUSED, j.MX2),
        (REFUSED, F.REMOTE_REPLY, j.MX1),
        (LOST_REPLY, F.CONNECTION_CLOSED, j.MX1),
    ],
)
def test_after_a_final_answer_no_further_attempt_is_inferred(facts: tuple[Fact, ...], failure: F, server: str) -> None:
    diagnosis = diagnose(j.journal(j.port(), j.port("refusing", j.MX2), j.lookups(j.MX1, j.MX2), j.session(*facts)))
    assert (diagnosis.failure, diagnosis.server) == (failure, server)
    assert diagnosis.grade is (Grade.INFERRED if server == j.MX2 else Grade.WITNESSED)


@pytest.mark.parametrize("after", [TURNED_AWAY, REFUSED, (j.server_end("greeting"),)])
def test_a_lost_reply_outranks_what_another_host_says(after: tuple[Fact, ...]) -> None:
    diagnosis = diagnose(
        j.journal(*BOTH, j.lookups(j.MX1, j.MX2), j.session(*LOST_REPLY), j.session(*after, host=j.MX2))
    )
    assert (diagnosis.failure, diagnosis.server, diagnosis.may_be_delivered) == (F.CONNECTION_CLOSED, j.MX1, True)


def test_after_a_lost_reply_a_confirmed_copy_is_success() -> None:
    diagnosis = diagnose(
        j.journal(*BOTH, j.lookups(j.MX1, j.MX2), j.session(*LOST_REPLY), j.session(*WELL, host=j.MX2))
    )
    assert (diagnosis.failure, diagnosis.delivered, diagnosis.server, diagnosis.may_be_delivered) == (
        None,
        True,
        j.MX2,
        False,
    )


def test_success_at_a_host_of_lower_rank_than_a_shut_one() -> None:
    diagnosis = diagnose(j.journal(j.port(), j.port("refusing", j.MX2), j.lookups(j.MX1, j.MX2), j.session(*WELL)))
    assert (diagnosis.failure, diagnosis.delivered, diagnosis.server, diagnosis.grade) == (
        None,
        True,
        j.MX1,
        Grade.WITNESSED,
    )
    assert diagnosis.address == j.ADDRESSES[j.MX1]
    assert diagnosis.stage != "connect"


# -- several sessions at one host ------------------------------------------------------------------------------------


def test_sessions_may_run_side_by_side() -> None:
    parts = interleaved(j.session(*TURNED_AWAY), j.session(*WELL, host=j.MX2))
    diagnosis = diagnose(j.journal(*BOTH, j.lookups(j.MX1, j.MX2), parts))
    assert (diagnosis.delivered, diagnosis.server) == (True, j.MX2)
    parts = interleaved(j.session(*DEFERRED), j.session(*TURNED_AWAY, number=2))
    assert diagnose(j.journal(*BOTH, j.lookups(j.MX1), parts)).failure is F.CANNOT_CONNECT


@pytest.mark.parametrize("idle", [IDLE, (*j.GREETED, j.client_end("greeting")), (j.client_end("greeting"),)])
def test_a_connection_that_nothing_happens_on_hides_no_failure(idle: tuple[Fact, ...]) -> None:
    before = diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*idle), j.session(*DEFERRED, number=2)))
    after = diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*DEFERRED), j.session(*idle, number=2)))
    assert before.failure is after.failure is F.REMOTE_REPLY


def test_what_follows_starttls_trouble_on_a_new_connection_decides() -> None:
    broken = j.session(*j.HELLO, *j.starttls(), j.tls_failed("handshake failure"))
    diagnosis = diagnose(j.journal(j.port(), j.lookups(j.MX1), broken, j.session(*REFUSED, number=2)))
    assert (diagnosis.failure, str(diagnosis.reply), diagnosis.clear_mail) == (
        F.REMOTE_REPLY,
        "550 5.1.1 who?",
        (j.MX1,),
    )


def test_several_attempts_in_one_journal_keep_their_sessions_apart() -> None:
    first = j.journal(j.port(), j.lookups(j.MX1), j.session(*DEFERRED))
    again = [
        replace(entry, attempt=2, number=entry.number + 100) for entry in j.journal(j.lookups(j.MX1), j.session(*WELL))
    ]
    assert diagnose(first).failure is F.REMOTE_REPLY
    assert diagnose([first[0], *again]).delivered
    assert diagnose([*first, *again]).delivered


def test_no_aaaa_matters_to_nobody_where_a_works() -> None:
    assert diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*WELL))).delivered
