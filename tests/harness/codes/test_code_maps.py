"""The code maps: complete, well formed, and read both ways."""

import re

import pytest

from mailfault.codes.code_map import CodeMap
from mailfault.codes.code_maps import DEFAULT, all_code_maps, find_code_map
from mailfault.codes.explanation import explain
from mailfault.codes.failure import Failure

STATUS = re.compile(r"(?P<basic>[45])\d\d (?P<class>[45])\.\d{1,3}\.\d{1,3} \S.*\S")
CODE = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")
WRAPPERS = ("4.4.7", "5.4.7", "5.4.300", "4.0.0", "5.0.0")
WITH_STATUS = [failure for failure in Failure if failure is not Failure.REMOTE_REPLY]
CODE_MAPS = pytest.mark.parametrize("code_map", all_code_maps(), ids=lambda code_map: code_map.name)


@CODE_MAPS
def test_every_failure_but_the_remotes_own_has_one_row(code_map: CodeMap) -> None:
    assert sorted(row.failure for row in code_map.rows) == sorted(WITH_STATUS)
    for failure in WITH_STATUS:
        assert code_map.row(failure).failure is failure
    for ask in (code_map.row, code_map.expired):
        with pytest.raises(LookupError, match="the remote's own code is passed on"):
            ask(Failure.REMOTE_REPLY)


@CODE_MAPS
def test_every_status_is_well_formed_and_sourced(code_map: CodeMap) -> None:
    for row in code_map.rows:
        for status in (row.status, row.expired):
            found = STATUS.fullmatch(status)
            assert found, status
            assert found["basic"] == found["class"], status
        assert row.expired.startswith("5")
        assert row.source.strip()
        assert all(CODE.fullmatch(code) for code in row.also), row
        assert len({row.code, *row.also}) == 1 + len(row.also), row


@CODE_MAPS
def test_two_failures_are_final_at_once(code_map: CodeMap) -> None:
    final = [row.failure for row in code_map.rows if row.status.startswith("5")]
    assert final == [Failure.NO_MAIL_SERVICE, Failure.MESSAGE_NOT_TRANSFERABLE]


@CODE_MAPS
def test_every_code_leads_back_to_its_failure_and_wrappers_lead_nowhere(code_map: CodeMap) -> None:
    for row in code_map.rows:
        for code in (row.code, *row.also):
            assert row.failure in code_map.failures_of(code)
    for code in (*WRAPPERS, "2.0.0", "", "nonsense"):
        assert code_map.failures_of(code) == frozenset()


@pytest.mark.parametrize(
    ("code", "failure", "expired"),
    [
        ("4.4.312", Failure.DNS_QUERY_FAILED, "5.4.312"),
        ("4.4.315", Failure.CONNECTION_TIMED_OUT, "5.4.315"),
        ("4.4.316", Failure.CONNECTION_REFUSED, "5.4.316"),
        ("4.4.317", Failure.CANNOT_CONNECT, "5.4.317"),
        ("4.4.318", Failure.CONNECTION_CLOSED, "5.4.318"),
        ("4.7.320", Failure.CERTIFICATE_INVALID, "5.7.320"),
    ],
)
def test_the_articles_codes(code: str, failure: Failure, expired: str) -> None:
    code_map = find_code_map("microsoft-365")
    assert code_map.row(failure).status.startswith(f"450 {code} ")
    assert code_map.expired(failure).startswith(f"550 {expired} Message expired, ")
    assert code_map.failures_of(code) == code_map.failures_of(expired) == {failure}


def test_the_registered_codes_are_coarser() -> None:
    code_map = find_code_map("rfc3463")
    assert code_map.failures_of("4.4.1") >= {Failure.CONNECTION_TIMED_OUT, Failure.CONNECTION_REFUSED}
    assert Failure.CONNECTION_CLOSED not in code_map.failures_of("4.4.1")
    assert code_map.failures_of("4.4.2") == {Failure.CONNECTION_CLOSED}
    assert code_map.failures_of("4.4.316") == frozenset()


def test_code_maps_are_found_by_name() -> None:
    assert find_code_map(DEFAULT).name == "microsoft-365"
    assert [code_map.name for code_map in all_code_maps()] == ["microsoft-365", "rfc3463"]
    with pytest.raises(
        LookupError, match=r"no code map 'rfc-3463'; did you mean rfc3463\? known are microsoft-365, rfc"
    ):
        find_code_map("rfc-3463")
    with pytest.raises(LookupError, match="no code map 'zzz'; known are"):
        find_code_map("zzz")


def test_codes_of_expired_certificates_are_not_taken_for_a_policys() -> None:
    code_map = find_code_map("microsoft-365")
    assert code_map.failures_of("4.7.322") == {Failure.POLICY_FAILED}
    assert code_map.failures_of("5.7.325") == {Failure.POLICY_FAILED}


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_is_explained_in_sentences(failure: Failure) -> None:
    explanation = explain(failure)
    assert explanation.meaning[0].isupper()
    assert explanation.meaning.endswith(".")
    assert explanation.causes
    assert explanation.fixes
    for phrase in (*explanation.causes, *explanation.fixes):
        assert phrase == phrase.strip()
        assert not phrase.endswith("."), phrase


def test_no_two_failures_are_explained_alike() -> None:
    assert len({explain(failure).meaning for failure in Failure}) == len(Failure)
