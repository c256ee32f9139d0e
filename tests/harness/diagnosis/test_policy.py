"""Requirements of the domain's policies: sessions they ended, hosts they forbid, mail sent against them."""

import hashlib

import pytest

from mailfault.codes.code_maps import find_code_map
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Answered, Outcome
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.diagnosis.policy_records import why_tlsa_forbids
from mailfault.events import Ending
from mailfault.judging.judge import judge
from mailfault.scenario.loader import find_scenario
from mailfault_servers.facts import (
    CertificatePresented,
    PortOpened,
)
from mailfault_servers.journal import Entry
from tests.support import journals as j

KEY, OTHER = "3 1 1 " + "AA" * 32, "3 1 1 " + "BB" * 32
TA = "2 1 1 " + "CC" * 32


def left_after(*facts: object, host: str = j.MX1) -> list[j.Part]:
    return j.session(*j.HELLO, *facts, j.client_end("starttls"), host=host)  # type: ignore[arg-type]


def went(*parts: list[j.Part] | j.Part) -> Diagnosis:
    return diagnose(j.journal(j.port(), j.lookups(j.MX1), *parts))


@pytest.mark.parametrize("problem", ["expired", "self-signed", "wrong name"])
def test_a_certificate_that_the_policy_wanted_valid(problem: str) -> None:
    end = (*j.starttls(problem), j.tls_failed("bad certificate"))
    diagnosis = went(j.policy_record(), j.policy_served(), j.session(*j.HELLO, *end))
    assert (diagnosis.failure, diagnosis.code, diagnosis.server) == (Failure.POLICY_FAILED, "4.4.8", j.MX1)
    assert problem in diagnosis.sentence
    assert went(j.session(*j.HELLO, *end)).failure is Failure.CERTIFICATE_INVALID


def test_starttls_that_the_policy_wanted() -> None:
    left = j.session(*j.HELLO_PLAIN, j.client_end("ehlo"))
    assert went(j.policy_record(), j.policy_served(), left).code == "4.4.8"
    assert went(j.tlsa_answer(KEY), left).code == "4.7.321"
    assert went(left).failure is Failure.CANNOT_CONNECT


def test_a_host_that_the_policy_does_not_name_is_passed_over() -> None:
    diagnosis = went(j.policy_record(), j.policy_served(j.POLICY.replace("mx1", "mx9")))
    assert (diagnosis.failure, diagnosis.code, diagnosis.server) == (Failure.POLICY_FAILED, "4.4.8", j.MX1)
    assert went(j.policy_record(), j.policy_served()).failure is None  # it is named: there is no reason in sight


@pytest.mark.parametrize(
    ("records", "matches", "problems", "code"),
    [
        ((KEY,), (KEY,), (), None),
        ((KEY,), (KEY,), ("expired", "wrong name", "self-signed"), None),
        ((KEY,), (OTHER,), (), "4.7.323"),
        ((OTHER, KEY), (KEY,), (), None),
        ((TA,), (TA,), (), None),
        ((TA,), (TA,), ("expired",), "4.7.322"),
        ((TA,), (TA,), ("wrong name",), "4.7.325"),
        ((TA,), (TA,), ("not yet valid",), "4.7.323"),
        (("3 0 0 FFFF",), (f"3 0 1 {hashlib.sha256(bytes.fromhex('FFFF')).hexdigest().upper()}",), (), None),
        (("3 0 0 FFFF",), (KEY,), (), "4.7.323"),
    ],
)
def test_what_tlsa_records_say_of_a_certificate(
    records: tuple[str, ...], matches: tuple[str, ...], problems: tuple[str, ...], code: str | None
) -> None:
    why = why_tlsa_forbids(records, CertificatePresented(problems=problems, tlsa=matches))
    assert (why[0] if why is not None else None) == code
    diagnosis = went(j.tlsa_answer(*records), left_after(*j.handshake(*problems, matches=matches)))
    assert (diagnosis.failure is Failure.POLICY_FAILED) is (code is not None)
    assert diagnosis.code == code


@pytest.mark.parametrize(("rcode", "code"), [("SERVFAIL", "4.7.324"), ("REFUSED", "4.7.324")])
def test_a_host_whose_tlsa_records_cannot_be_had_is_passed_over(rcode: str, code: str) -> None:
    diagnosis = went(j.tlsa_answer(rcode=rcode))
    assert (diagnosis.failure, diagnosis.code, diagnosis.server) == (Failure.POLICY_FAILED, code, j.MX1)
    assert rcode in diagnosis.sentence


def test_mta_sts_has_no_say_beside_dane() -> None:
    parts = (j.policy_record(), j.policy_served(j.POLICY.replace("mx1", "mx9")), j.tlsa_answer(KEY))
    diagnosis = went(*parts, left_after(*j.handshake("self-signed", matches=(OTHER,))))
    assert diagnosis.code == "4.7.323"
    assert went(*parts, left_after(*j.handshake(matches=(KEY,)))).failure is None


def sent_to(host: str, *facts: object) -> list[j.Part]:
    return j.session(*j.HELLO, *facts, *j.transaction(encrypted=bool(facts)), host=host)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (j.policy_record() + j.policy_served() + sent_to(j.MX1), "there was none"),
        (j.policy_record() + j.policy_served() + sent_to(j.MX1, *j.handshake("expired")), "expired"),
        (
            j.policy_record() + j.policy_served(j.POLICY.replace("mx1", "mx9")) + sent_to(j.MX1, *j.handshake()),
            "does not name",
        ),
        (j.tlsa_answer(KEY) + sent_to(j.MX1), "no TLS"),
        (j.tlsa_answer(KEY) + sent_to(j.MX1, *j.handshake(matches=(OTHER,))), "matches"),
        (j.tlsa_answer(rcode="SERVFAIL") + sent_to(j.MX1, *j.handshake()), "SERVFAIL"),
    ],
)
def test_mail_that_was_sent_against_it(parts: list[j.Part], words: str) -> None:
    diagnosis = went(parts)
    assert diagnosis.delivered
    (breach,) = diagnosis.breaches
    assert breach.startswith(j.MX1)
    assert words in breach


@pytest.mark.parametrize(
    "parts",
    [
        j.policy_record() + j.policy_served() + sent_to(j.MX1, *j.handshake()),
        j.policy_record() + j.policy_served(content_type="text/html") + sent_to(j.MX1),
        j.tlsa_answer(KEY) + sent_to(j.MX1, *j.handshake("expired", matches=(KEY,))),
        j.tlsa_answer(KEY, is_authentic=False) + sent_to(j.MX1),
        j.tlsa_answer("1 1 1 " + "00" * 32) + sent_to(j.MX1, *j.handshake("self-signed")),
    ],
)
def test_mail_that_was_not(parts: list[j.Part]) -> None:
    assert went(parts).breaches == ()


def test_a_policy_host_is_no_mail_host() -> None:
    gone = j.lookup("mta-sts.dest.example", "A", "NOERROR", "A 127.0.0.3")
    refused: j.Part = (j.POLICY_HOST, None, PortOpened(address="127.0.0.3", state="refusing", service="https"))
    diagnosis = went(refused, j.policy_record(), gone, j.session(*j.HELLO, *j.transaction()))
    assert (diagnosis.delivered, diagnosis.server) == (True, j.MX1)


def test_a_policy_that_cannot_be_looked_up_is_no_failed_look_up() -> None:
    parts = [*j.lookup("_mta-sts.dest.example", "TXT", "SERVFAIL"), *j.lookup("dest.example", "MX")]
    parts += j.lookup("dest.example", "A", "NXDOMAIN")
    assert "NXDOMAIN" in diagnose(j.journal(parts)).sentence


def verdict(scenario: str, entries: list[Entry], answer: Answer) -> tuple[Ending, str]:
    judged = judge(
        scenario=find_scenario(scenario),
        diagnosis=diagnose(entries),
        ended=Answered(answer),
        code_map=find_code_map("microsoft-365"),
    )
    return judged.ending, judged.sentence


def deferred(code: str | None, failure: Failure | None = Failure.POLICY_FAILED) -> Answer:
    return Answer(outcome=Outcome.DEFERRED, failure=failure, code=code, text="x")


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (deferred("4.7.322"), Ending.PASSED),
        (deferred("5.7.322"), Ending.PASSED),
        (deferred(None), Ending.PASSED),
        (deferred("4.7.322", None), Ending.PASSED),
        (deferred("4.7.323"), Ending.MISCLASSIFIED),
        (deferred("4.4.8", None), Ending.MISCLASSIFIED),
        (deferred("4.7.320", None), Ending.MISCLASSIFIED),
    ],
)
def test_a_code_that_is_given_has_to_be_the_right_one(answer: Answer, ending: Ending) -> None:
    entries = j.journal(
        j.port(), j.lookups(j.MX1), j.tlsa_answer(TA), left_after(*j.handshake("expired", matches=(TA,)))
    )
    assert verdict("policy/dane-ta-expired", entries, answer)[0] is ending


def test_who_never_looked_is_unsafe_all_the_same() -> None:
    entries = j.journal(j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction()))
    taken = Answer(outcome=Outcome.DELIVERED)
    assert verdict("policy/sts-mx-mismatch", entries, taken) == (
        Ending.UNSAFE,
        f"mail was sent to {j.MX1}, which the policy of the recipients' domain forbids",
    )
    first = j.journal(j.port(), j.port(host=j.MX2), j.lookups(j.MX1, j.MX2), j.session(*j.HELLO, *j.transaction()))
    assert verdict("policy/dane-second-mx", first, taken)[0] is Ending.UNSAFE


def test_a_reply_is_not_made_a_policy_failure() -> None:
    parts = (*j.HELLO, *j.starttls()[:1], j.reply("starttls", "454 later"), j.command("quit", "QUIT"))
    assert went(j.tlsa_answer(KEY), j.session(*parts)).failure is Failure.CANNOT_CONNECT
