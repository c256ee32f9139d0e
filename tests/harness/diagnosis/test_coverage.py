"""Nothing passes while one of its faults was never met."""

from mailfault.codes.code_maps import find_code_map
from mailfault.contract import Answer, Answered, Outcome
from mailfault.diagnosis.coverage import untriggered_faults
from mailfault.diagnosis.diagnose import diagnose
from mailfault.events import Ending
from mailfault.judging.judge import judge
from mailfault.scenario.loader import find_scenario
from mailfault.scenario.model import Scenario
from mailfault_servers.facts import FaultActed
from tests.support import journals as j

QUIT_CLOSE = find_scenario("smtp/quit-close")
SECOND_MX = find_scenario("connect/second-mx-after-refused")


def acted(fault: str, at: str, server: str = j.MX1) -> j.Part:
    return server, None if at == "connect" else 1, FaultActed(fault=fault, at=at)


def test_a_fault_that_acted_was_met() -> None:
    parts = (j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction(), *j.QUIT))
    assert untriggered_faults(QUIT_CLOSE, j.journal(*parts)) == ("smtp.close",)
    assert untriggered_faults(QUIT_CLOSE, j.journal(*parts, acted("smtp.close", "quit"))) == ()
    assert untriggered_faults(QUIT_CLOSE, j.journal(*parts, acted("smtp.close", "quit", j.MX2))) == ("smtp.close",)


def test_a_shut_port_was_met_only_if_its_address_was_handed_out() -> None:
    shut = (j.port("refusing"), acted("tcp.refuse", "connect"), j.port(host=j.MX2))
    well = j.session(*j.HELLO, *j.transaction(), *j.QUIT, host=j.MX2)
    assert untriggered_faults(SECOND_MX, j.journal(*shut, j.lookups(j.MX1, j.MX2), well)) == ()
    assert untriggered_faults(SECOND_MX, j.journal(*shut, j.lookups(j.MX2), well)) == ("tcp.refuse",)


def test_a_journal_that_names_the_address_of_a_fault_needs_that_address() -> None:
    shut = (j.port("refusing"), j.port(host=j.MX2), j.lookups(j.MX1, j.MX2))
    at_another = (j.MX1, None, FaultActed(fault="tcp.refuse", at="connect", address="192.0.2.99"))
    assert untriggered_faults(SECOND_MX, j.journal(*shut, at_another)) == ("tcp.refuse",)
    assert untriggered_faults(SECOND_MX, j.journal(*shut, acted("tcp.refuse", "connect"))) == ()


def test_a_fault_of_a_later_attempt_need_not_be_met_yet() -> None:
    data = QUIT_CLOSE.to_json()
    data["host"][0]["faults"][0]["attempts"] = [2]
    assert untriggered_faults(Scenario.model_validate(data), j.journal(j.port(), j.lookups(j.MX1))) == ()


def test_delivered_without_meeting_the_fault_is_not_reached() -> None:
    entries = j.journal(j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction(), *j.QUIT))
    verdict = judge(
        scenario=QUIT_CLOSE,
        diagnosis=diagnose(entries),
        ended=Answered(Answer(outcome=Outcome.DELIVERED)),
        code_map=find_code_map("microsoft-365"),
        untriggered=untriggered_faults(QUIT_CLOSE, entries),
    )
    assert verdict.ending is Ending.NOT_REACHED
    assert verdict.sentence.startswith("smtp.close was never met")
