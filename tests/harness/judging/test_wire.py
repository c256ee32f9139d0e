"""What a watch on the wire adds: attempts that no server saw are witnessed, and what was not tried is known."""

import pytest

from fake_servers.journal import ConnectionAsked, FaultActed, StrayPacket, WireWatched
from harness.codes.failure import Failure
from harness.contract import Answer, Outcome
from harness.judging.diagnose import diagnose
from harness.judging.diagnosis import Grade
from harness.judging.met import unmet_faults
from harness.judging.safety import why_unsafe
from harness.scenario.loader import find_scenario
from tests.harness.judging.journals import (
    ADDRESSES,
    HELLO,
    MX1,
    MX2,
    QUIT,
    USER,
    Part,
    found,
    journal,
    port,
    session,
    transaction,
)

WATCHED: Part = ("wire", None, WireWatched())
SECOND_MX = find_scenario("connect/second-mx-after-refused")


def asked_for(host: str = MX1) -> Part:
    return host, None, ConnectionAsked(address=ADDRESSES[host], port=25)


def stray(address: str) -> Part:
    return "wire", None, StrayPacket(address=address, protocol="tcp", port=25)


@pytest.mark.parametrize(
    ("state", "failure"),
    [
        ("refusing", Failure.CONNECTION_REFUSED),
        ("rejecting", Failure.CONNECTION_REFUSED),
        ("unresponsive", Failure.CONNECTION_TIMED_OUT),
        ("unreachable", Failure.CANNOT_CONNECT),
        ("prohibited", Failure.CANNOT_CONNECT),
    ],
)
def test_a_connection_that_was_asked_for_is_witnessed(state: str, failure: Failure) -> None:
    diagnosis = diagnose(journal(WATCHED, port(state), found(MX1), asked_for()))
    assert (diagnosis.failure, diagnosis.grade, diagnosis.address) == (failure, Grade.WITNESSED, ADDRESSES[MX1])
    assert diagnosis.happened
    assert "was seen to ask" in diagnosis.sentence


def test_without_a_watch_the_same_is_inferred() -> None:
    diagnosis = diagnose(journal(port("refusing"), found(MX1)))
    assert (diagnosis.failure, diagnosis.grade) == (Failure.CONNECTION_REFUSED, Grade.INFERRED)


def test_an_address_that_was_handed_out_and_never_tried_is_no_attempt() -> None:
    diagnosis = diagnose(journal(WATCHED, port("refusing"), found(MX1)))
    assert (diagnosis.failure, diagnosis.happened) == (None, False)
    assert "never connected" in diagnosis.sentence


def test_the_host_that_was_asked_last_decides() -> None:
    both = (WATCHED, port("refusing"), port("unresponsive", MX2), found(MX1, MX2))
    assert diagnose(journal(*both, asked_for(MX1), asked_for(MX2))).failure is Failure.CONNECTION_TIMED_OUT
    assert diagnose(journal(*both, asked_for(MX2), asked_for(MX1))).failure is Failure.CONNECTION_REFUSED


def test_success_after_a_refused_connection_is_success() -> None:
    well = session(*HELLO, *transaction(), *QUIT, host=MX2)
    entries = journal(WATCHED, port("refusing"), port(host=MX2), found(MX1, MX2), asked_for(), asked_for(MX2), well)
    diagnosis = diagnose(entries)
    assert (diagnosis.failure, diagnosis.delivered) == (None, True)


def test_a_shut_port_is_met_by_whoever_asked_for_a_connection_alone() -> None:
    shut = (WATCHED, port("refusing"), (MX1, None, FaultActed(fault="tcp.refuse", at="connect")), found(MX1, MX2))
    assert unmet_faults(SECOND_MX, journal(*shut)) == ("tcp.refuse",)
    assert unmet_faults(SECOND_MX, journal(*shut, asked_for())) == ()


def test_a_packet_for_an_address_that_nobody_told_is_unsafe() -> None:
    well = session(*HELLO, *transaction(), *QUIT)
    entries = journal(WATCHED, port(), found(MX1), asked_for(), stray("192.0.2.25"), well)
    diagnosis = diagnose(entries)
    assert diagnosis.strays == ("192.0.2.25 (tcp, port 25)",)
    told = why_unsafe(SECOND_MX.connector, diagnosis, {USER: Answer(outcome=Outcome.DELIVERED)})
    assert told is not None
    assert "192.0.2.25 (tcp, port 25)" in told


def test_a_packet_for_an_address_that_dns_gave_is_none_of_the_clients_doing() -> None:
    wrong = ("dns", None, journal(found(MX1))[-1].fact)
    assert diagnose(journal(WATCHED, port(), found(MX1), wrong, stray(ADDRESSES[MX1]))).strays == ()
