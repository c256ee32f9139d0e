"""The fate of mail where a client met the fault and took another course, and what it takes to accuse a client."""

from collections.abc import Sequence

import pytest

from mailfault.codes.code_maps import find_code_map
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Answered, BadAnswer, Outcome
from mailfault.diagnosis.coverage import any_fault_met, is_any_fault_inert, untriggered_faults
from mailfault.diagnosis.diagnose import diagnose
from mailfault.judging.judge import judge
from mailfault.judging.verdict import Verdict
from mailfault.scenario.loader import load_shipped
from mailfault.scenario.model import Scenario
from mailfault_servers.facts import FaultActed
from mailfault_servers.journal import Entry
from tests.support import journals as j

SHIPPED = {scenario.id: scenario for scenario in load_shipped()}
MICROSOFT = find_code_map("microsoft-365")
GONE = "gone@dest.example"
REFUSAL = "550 5.1.1 User unknown"


def acted(fault: str, at: str, host: str = j.MX1) -> j.Part:
    return host, None, FaultActed(fault=fault, at=at)


def verdict(scenario: Scenario, entries: Sequence[Entry], answer: Answer) -> Verdict:
    return judge(
        scenario=scenario,
        diagnosis=diagnose(entries),
        ended=Answered(answer),
        code_map=MICROSOFT,
        untriggered=untriggered_faults(scenario, entries),
        met=any_fault_met(scenario, entries),
        inert=is_any_fault_inert(scenario, entries),
    )


# -- a recipient that was taken ----------------------------------------------------------------------------------------

ONE_REFUSED = SHIPPED["smtp/one-of-two-refused"]
LEFT = j.journal(
    j.port(),
    j.lookup(j.MX1, "A", "NOERROR", f"A {j.ADDRESSES[j.MX1]}"),
    j.session(*j.HELLO, *j.mail(), *j.rcpt(), *j.rcpt(GONE, REFUSAL), *j.QUIT),
    acted("smtp.reply", "rcpt"),
)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.FAILED, f"{j.USER}: the client returns the mail, and it could have delivered it"),
        (Outcome.DEFERRED, f"{j.USER}: the client did not deliver, and it could have delivered it"),
    ],
)
def test_a_recipient_that_was_taken_shares_not_the_fate_of_another(outcome: Outcome, words: str) -> None:
    found = verdict(ONE_REFUSED, LEFT, Answer(outcome=outcome, failure=Failure.REMOTE_REPLY, reply=REFUSAL))
    assert found.ending == "misclassified"
    assert words in found.sentence
    assert "took RCPT for user@dest.example, and the client sent no message" in found.sentence


def test_nobody_is_accused_without_evidence_of_the_delivery() -> None:
    for outcome in (Outcome.FAILED, Outcome.DEFERRED):
        found = verdict(ONE_REFUSED, j.journal(j.port()), Answer(outcome=outcome, reply=REFUSAL))
        assert found.ending == "not-reached"


# -- a client that did nothing, or met nothing --------------------------------------------------------------------------

CONSTANT = [Answer(outcome=Outcome.DEFERRED, code=code) for code in ("4.4.312", "4.4.315", "4.4.316", "4.4.317")]
CONSTANT += [
    Answer(outcome=Outcome.DEFERRED, code=code) for code in ("4.4.318", "4.7.320", "4.4.8", "4.7.323", "4.4.0")
]
CONSTANT += [
    Answer(outcome=Outcome.DELIVERED),
    Answer(outcome=Outcome.FAILED, code="5.0.0"),
    Answer(outcome=Outcome.FAILED, code="5.1.10"),
    Answer(outcome=Outcome.DEFERRED, failure=Failure.REMOTE_REPLY, reply="421 4.3.2 Bye"),
]


@pytest.mark.parametrize("answer", CONSTANT, ids=lambda answer: answer.code or answer.outcome)
def test_a_client_that_did_nothing_passes_no_scenario(answer: Answer) -> None:
    nothing = j.journal(j.port())
    kind = "unsafe" if answer.outcome is Outcome.DELIVERED else "not-reached"
    endings = {scenario.id: verdict(scenario, nothing, answer).ending for scenario in SHIPPED.values()}
    assert {identity: ending for identity, ending in endings.items() if ending != kind} == {}


def test_a_pass_says_that_an_optional_fault_was_not_met() -> None:
    scenario = SHIPPED["session/idle-close[route=mx]"]
    delivered = Answer(outcome=Outcome.DELIVERED)
    found = verdict(scenario, j.delivered(), delivered)
    assert (found.ending, found.fault_met) == ("passed", False)
    assert found.sentence.startswith("passed; the fault was not met: ")
    with_fault = [*j.delivered(), *j.journal(acted("smtp.idle-close", "idle"))]
    found = verdict(scenario, with_fault, delivered)
    assert (found.ending, found.fault_met) == ("passed", True)
    assert "not met" not in found.sentence
    assert verdict(SHIPPED["control/plain[route=mx]"], j.delivered(), delivered).fault_met is None


# -- faults of the harness that fail -------------------------------------------------------------------------------------

MISMATCH = SHIPPED["policy/dane-mismatch[route=mx]"]
TLSA = j.lookup(f"_25._tcp.{j.MX1}", "TLSA", "NOERROR", "TLSA 3 1 1 00")


def test_only_a_fault_that_had_its_chance_lets_the_scenario_accuse() -> None:
    delivered = Answer(outcome=Outcome.DELIVERED)
    never_asked = verdict(MISMATCH, j.delivered(), delivered)
    assert never_asked.ending == "unsafe"
    assert "which the policy of the recipients' domain forbids" in never_asked.sentence
    asked = [*j.journal(TLSA), *j.delivered()]
    assert is_any_fault_inert(MISMATCH, asked)
    assert verdict(MISMATCH, asked, delivered).ending == "not-reached"


# -- copies ----------------------------------------------------------------------------------------------------------------


def test_copies_within_one_delivery_that_is_deferred_are_harm() -> None:
    lost = (*j.HELLO, *j.mail(), *j.rcpt(), *j.data(), *j.accepted(), j.server_end("end-of-data"))
    scenario = SHIPPED["smtp/end-of-data-close[route=mx]"]
    once = j.journal(j.port(), j.lookups(j.MX1), j.session(*lost), acted("smtp.close", "end-of-data"))
    twice = [*once, *j.journal(j.session(*lost, number=2))]
    answer = Answer(outcome=Outcome.DEFERRED, code="4.4.318")
    assert verdict(scenario, once, answer).ending == "passed"
    found = verdict(scenario, twice, answer)
    assert found.ending == "unsafe"
    assert "2 times in one delivery" in found.sentence


# -- the contract --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("also", ["cannot-connect", ["cannot-connect"]])
def test_also_adds_to_the_failure_in_json(also: object) -> None:
    answer = Answer.from_json({"outcome": "deferred", "failure": "connection-refused", "also": also})
    assert (answer.failure, answer.also) == (Failure.CONNECTION_REFUSED, (Failure.CANNOT_CONNECT,))
    assert Answer.from_json(answer.to_json()) == answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"also": "cannot-connect"}, "there is no 'failure'"),
        ({"failure": "cannot-connect", "also": "nonsense"}, "also 'nonsense' is not one of"),
        ({"failure": "cannot-connect", "also": "remote-reply"}, "has to be told apart"),
        ({"failure": "cannot-connect", "also": "cannot-connect"}, "twice"),
        ({"failure": "cannot-connect", "also": [1]}, "'also' in the answer is a string, or a list of strings"),
    ],
)
def test_also_follows_the_rules_of_failure(answer: dict[str, object], words: str) -> None:
    with pytest.raises(BadAnswer, match=words):
        Answer.from_json({"outcome": "deferred", **answer})
