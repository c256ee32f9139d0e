"""Policies as the answers show them: which MTA-STS policy is in force, which TLSA answers count."""

import pytest

from mailfault.diagnosis.evidence import Evidence
from mailfault.diagnosis.policy_records import ObservedPolicies, ObservedPolicy
from mailfault_servers.facts import AnswerWithheld, PolicyCached
from tests.support import journals as j

KEY = "3 1 1 " + "AA" * 32


def observed(*parts: list[j.Part] | j.Part) -> ObservedPolicies:
    return Evidence.of(j.journal(*parts)).policies


@pytest.mark.parametrize(
    ("parts", "binding", "readable"),
    [
        (j.policy_record() + j.policy_served(), True, True),
        (j.policy_served(), False, True),
        (j.policy_record("v=STSv1; id=1;", "v=STSv1; id=2;") + j.policy_served(), False, True),
        (j.policy_record("v=STSv1; id=1;", "else") + j.policy_served(), True, True),
        (j.policy_record() + j.policy_served(content_type="text/html"), False, True),
        (j.policy_record() + j.policy_served(status=404), False, False),
        (j.policy_record() + j.policy_served(j.POLICY, "expired"), False, False),
        (j.policy_record() + j.policy_served(j.POLICY.replace("enforce", "testing")), False, False),
        (j.policy_record() + j.policy_served(j.POLICY.replace("STSv1", "STSv2")), False, False),
        (j.policy_record(), False, False),
    ],
)
def test_which_policies_count(parts: list[j.Part], binding: bool, readable: bool) -> None:
    policies = observed(parts)
    assert (policies.binding_mta_sts is not None) is binding
    assert (policies.mta_sts is not None) is readable


def test_a_policy_from_before_counts_until_another_is_fetched() -> None:
    cached: j.Part = (j.POLICY_HOST, None, PolicyCached(id="0", text=j.POLICY.replace("mx1", "old")))

    def hosts(*parts: list[j.Part] | j.Part) -> tuple[str, ...]:
        policy = observed(cached, *parts).binding_mta_sts
        return policy.mx if policy is not None else ()

    assert hosts() == ("old.dest.example",)
    assert hosts(j.policy_record()) == ("old.dest.example",)
    assert hosts(j.policy_record(), j.policy_served(status=500)) == ("old.dest.example",)
    assert hosts(j.policy_record(), j.policy_served()) == (j.MX1,)
    assert hosts(j.policy_record("v=STSv1; id=0;"), j.policy_served()) == ("old.dest.example",)


def test_which_tlsa_answers_count() -> None:
    def answer_to(*parts: list[j.Part] | j.Part) -> tuple[tuple[str, ...], bool]:
        (answer,) = observed(*parts).tlsa.values()
        return answer.records, answer.failed is not None

    withheld: j.Part = ("dns", None, AnswerWithheld(name=f"_25._tcp.{j.MX1}", type="TLSA", transport="udp"))
    assert answer_to(j.tlsa_answer(KEY)) == ((KEY,), False)
    assert answer_to(j.tlsa_answer(KEY, is_authentic=False)) == ((), False)
    assert answer_to(j.tlsa_answer(rcode="NXDOMAIN")) == ((), False)
    assert answer_to(j.tlsa_answer(rcode="SERVFAIL")) == ((), True)
    assert answer_to(withheld) == ((), True)
    assert answer_to(withheld, j.tlsa_answer(KEY)) == ((KEY,), False)
    alias = j.lookup(j.MX1, "A", "NOERROR", "CNAME host.example", "A 127.0.0.10")
    assert list(observed(alias, j.tlsa_answer(KEY, host="host.example"), j.tlsa_answer(rcode="NXDOMAIN")).tlsa) == [
        j.MX1
    ]


def test_a_star_stands_for_the_leftmost_label_alone() -> None:
    policy = ObservedPolicy(("mx1.dest.example", "*.other.example"))
    allowed = {host: policy.allows(host) for host in ("mx1.dest.example", "a.other.example", "a.b.other.example")}
    assert allowed == {"mx1.dest.example": True, "a.other.example": True, "a.b.other.example": False}
