"""The policy of the recipients' domain: text, records and cached copy."""

import json
from typing import Any

import pytest

from mailfault.scenario.model import Scenario, Sts
from mailfault.world.mta_sts import POLICY_ID, cached_policy, published_policy, sts_records

SCENARIO = Scenario.model_validate(
    {
        "title": "A domain with a policy",
        "why": "Its policy names the hosts of its MX record.",
        "refs": ["RFC 8461"],
        "host": [{"name": "a.dest.example"}, {"name": "b.dest.example"}, {"name": "c.dest.example", "mx": False}],
        "expect": {"action": "deliver"},
    }
)


def sts(**settings: Any) -> Sts:
    return Sts.model_validate(settings)


def test_the_policy_names_the_hosts_of_the_mx_record() -> None:
    lines = published_policy(SCENARIO, sts(max_age=5, mode="testing")).splitlines()
    assert lines[1:] == ["mode: testing", "mx: a.dest.example", "mx: b.dest.example", "max_age: 5"]


def test_the_policy_names_other_hosts_if_the_scenario_does() -> None:
    assert "mx: *.dest.example\r\n" in published_policy(SCENARIO, sts(mx=["*.dest.example"]))


def test_an_older_copy_has_another_id_and_another_host() -> None:
    cached = cached_policy(SCENARIO, sts(cached="older"))
    assert cached is not None
    assert cached.id != POLICY_ID
    assert "mx: old-mx.dest.example" in cached.text
    assert json.loads(cached.to_file()) == {"id": cached.id, "policy": cached.text}


def test_the_same_copy_is_the_published_policy() -> None:
    cached = cached_policy(SCENARIO, sts(cached="same"))
    assert cached is not None
    assert (cached.id, cached.text) == (POLICY_ID, published_policy(SCENARIO, sts()))


def test_a_client_may_have_no_copy() -> None:
    assert cached_policy(SCENARIO, sts()) is None


@pytest.mark.parametrize(("address", "kind"), [("192.0.2.3", "A"), ("2001:db8::3", "AAAA")])
def test_the_records_name_policy_and_host(address: str, kind: str) -> None:
    policy, host = sts_records(address)
    assert (policy.name, policy.type) == ("_mta-sts.dest.example", "TXT")
    assert POLICY_ID in policy.data
    assert (host.name, host.type, host.data) == ("mta-sts.dest.example", kind, address)
