"""The tables of a scenario that are about policies."""

from typing import Any

import pytest
from pydantic import ValidationError

from mailfault.codes.code_maps import find_code_map
from mailfault.codes.failure import Failure
from mailfault.contract import Policy
from mailfault.scenario.catalogue import catalogue
from mailfault.scenario.loader import find_scenario
from mailfault.scenario.model import Scenario

STORY: dict[str, Any] = {
    "id": "policy/x",
    "title": "A story of policies",
    "why": "Whatever it is that a right client does here.",
    "refs": ["RFC 8461"],
    "connector": {"policy": "mta-sts"},
    "sts": {"mode": "testing", "faults": [{"use": "https.silent"}]},
    "dns": {"signed": True, "faults": [{"use": "dns.insecure"}]},
    "host": [{"name": "mx1.dest.example", "tlsa": ["3 1 1"], "faults": [{"use": "tls.expired"}]}],
    "expect": {"action": "deliver"},
}


def story(**changes: Any) -> Scenario:
    return Scenario.model_validate(STORY | changes)


def test_one_policy_or_several() -> None:
    assert story().connector.policy == (Policy.MTA_STS,)
    assert story(connector={"policy": ["dane", "mta-sts"]}).connector.policy == (Policy.DANE, Policy.MTA_STS)


def test_the_control_keeps_the_policy_and_drops_the_faults() -> None:
    control = story().control()
    assert [fault.id for fault in story().faults] == ["dns.insecure", "https.silent", "tls.expired"]
    assert control.faults == ()
    assert (control.dns.signed, control.sts and control.sts.mode, control.host[0].tlsa) == (True, "testing", ("3 1 1",))


def test_it_can_be_written_as_it_was_read() -> None:
    written = story().to_json()
    assert written["sts"] == {"mode": "testing", "faults": [{"use": "https.silent"}]}
    assert written["dns"] == {"signed": True, "faults": [{"use": "dns.insecure"}]}
    assert Scenario.model_validate(written) == story()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sts": {"faults": [{"use": "dns.nxdomain"}]}}, "dns.nxdomain is not a fault of the policy host"),
        ({"sts": {"faults": [{"use": "smtp.close"}]}}, "smtp.close is not a fault of the policy host"),
        (
            {"host": [{"name": "mx1.dest.example", "faults": [{"use": "https.close"}]}]},
            "https.close is a fault of the policy host",
        ),
        ({"host": [{"name": "mx1.dest.example", "tlsa": ["3 1"]}]}, "pattern"),
        ({"connector": {"policy": "spf"}}, "mta-sts"),
    ],
)
def test_mistakes(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        story(**changes)


def test_a_profile_spells_the_kinds_that_it_tells_apart() -> None:
    microsoft, registered = find_code_map("microsoft-365"), find_code_map("rfc3463")
    assert microsoft.status(Failure.POLICY_FAILED, "4.7.321") == "450 4.7.321 STARTTLS not supported"
    assert microsoft.status(Failure.POLICY_FAILED) == microsoft.row(Failure.POLICY_FAILED).status
    assert registered.status(Failure.POLICY_FAILED, "4.7.321") == registered.row(Failure.POLICY_FAILED).status


def test_the_catalogue_gives_the_exact_code() -> None:
    page = catalogue([find_scenario("policy/dane-ta-expired"), find_scenario("policy/sts-mx-mismatch")])
    assert "450 4.7.322 Certificate expired" in page
    assert "450 4.4.8 MTA-STS policy not met" in page
