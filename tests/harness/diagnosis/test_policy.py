"""What the domain's policy forbade, read from journals written by hand."""

import hashlib
from collections.abc import Iterable

import pytest

from mailfault.codes.code_maps import find_code_map
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Answered, Outcome
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.diagnosis.policy_records import enforced_policy, tlsa_shown, why_tlsa_forbids
from mailfault.events import Ending
from mailfault.judging.judge import judge
from mailfault.scenario.loader import find_scenario
from mailfault_servers.facts import (
    AnswerSent,
    AnswerWithheld,
    CertificatePresented,
    ConnectionAccepted,
    HttpResponded,
    PolicyCached,
    PortOpened,
)
from mailfault_servers.journal import Entry
from tests.harness.diagnosis.journals import (
    HELLO,
    HELLO_PLAIN,
    MX1,
    MX2,
    Part,
    asked,
    client_fin,
    established,
    found,
    journal,
    port,
    replied,
    said,
    session,
    starttls,
    tls_failed,
    transaction,
)

STS_HOST = "mta-sts.dest.example"
KEY, OTHER = "3 1 1 " + "AA" * 32, "3 1 1 " + "BB" * 32
TA = "2 1 1 " + "CC" * 32
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx1.dest.example\r\nmax_age: 60\r\n"


def record(*texts: str) -> list[Part]:
    return asked("_mta-sts.dest.example", "TXT", "NOERROR", *[f'TXT "{one}"' for one in texts or ("v=STSv1; id=1;",)])


def served(text: str = POLICY, *problems: str, status: int = 200, kind: str = "text/plain") -> list[Part]:
    facts = (
        ConnectionAccepted(),
        CertificatePresented(problems=problems),
        established(),
        HttpResponded(path="/", status=status, content_type=kind, length=len(text), text=text),
    )
    opened = PortOpened(address="127.0.0.3", state="listening", service="https")
    return [(STS_HOST, None, opened), *[(STS_HOST, 1, one) for one in facts]]


def tlsa(*records: str, host: str = MX1, rcode: str = "NOERROR", authentic: bool = True) -> list[Part]:
    answers = tuple(f"TLSA {one}" for one in records)
    name = f"_25._tcp.{host}"
    return [
        (
            "dns",
            None,
            AnswerSent(name=name, type="TLSA", transport="udp", rcode=rcode, records=answers, authenticated=authentic),
        )
    ]


def handshake(*problems: str, matches: Iterable[str] = ()) -> tuple[object, ...]:
    return (*starttls()[:2], CertificatePresented(problems=problems, tlsa=tuple(matches)), established())


def left_after(*facts: object, host: str = MX1) -> list[Part]:
    return session(*HELLO, *facts, client_fin("starttls"), host=host)  # type: ignore[arg-type]


def went(*parts: list[Part] | Part) -> Diagnosis:
    return diagnose(journal(port(), found(MX1), *parts))


@pytest.mark.parametrize("problem", ["expired", "self-signed", "wrong name"])
def test_a_certificate_that_the_policy_wanted_valid(problem: str) -> None:
    end = (*starttls(problem), tls_failed("bad certificate"))
    diagnosis = went(record(), served(), session(*HELLO, *end))
    assert (diagnosis.failure, diagnosis.code, diagnosis.server) == (Failure.POLICY_FAILED, "4.4.8", MX1)
    assert problem in diagnosis.sentence
    assert went(session(*HELLO, *end)).failure is Failure.CERTIFICATE_INVALID


def test_starttls_that_the_policy_wanted() -> None:
    left = session(*HELLO_PLAIN, client_fin("ehlo"))
    assert went(record(), served(), left).code == "4.4.8"
    assert went(tlsa(KEY), left).code == "4.7.321"
    assert went(left).failure is Failure.CANNOT_CONNECT


def test_a_host_that_the_policy_does_not_name_is_passed_over() -> None:
    diagnosis = went(record(), served(POLICY.replace("mx1", "mx9")))
    assert (diagnosis.failure, diagnosis.code, diagnosis.server) == (Failure.POLICY_FAILED, "4.4.8", MX1)
    assert went(record(), served()).failure is None  # it is named: there is no reason in sight


@pytest.mark.parametrize(
    ("parts", "binding", "readable"),
    [
        (record() + served(), True, True),
        (served(), False, True),
        (record("v=STSv1; id=1;", "v=STSv1; id=2;") + served(), False, True),
        (record("v=STSv1; id=1;", "else") + served(), True, True),
        (record() + served(kind="text/html"), False, True),
        (record() + served(status=404), False, False),
        (record() + served(POLICY, "expired"), False, False),
        (record() + served(POLICY.replace("enforce", "testing")), False, False),
        (record() + served(POLICY.replace("STSv1", "STSv2")), False, False),
        (record(), False, False),
    ],
)
def test_which_policies_count(parts: list[Part], binding: bool, readable: bool) -> None:
    entries = journal(parts)
    assert (enforced_policy(entries, binding=True) is not None) is binding
    assert (enforced_policy(entries, binding=False) is not None) is readable


def test_a_policy_from_before_counts_until_another_is_fetched() -> None:
    cached: Part = (STS_HOST, None, PolicyCached(id="0", text=POLICY.replace("mx1", "old")))

    def hosts(*parts: list[Part] | Part) -> tuple[str, ...]:
        shown = enforced_policy(journal(cached, *parts), binding=True)
        return shown.mx if shown is not None else ()

    assert hosts() == ("old.dest.example",)
    assert hosts(record()) == ("old.dest.example",)
    assert hosts(record(), served(status=500)) == ("old.dest.example",)
    assert hosts(record(), served()) == (MX1,)
    assert hosts(record("v=STSv1; id=0;"), served()) == ("old.dest.example",)


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
    diagnosis = went(tlsa(*records), left_after(*handshake(*problems, matches=matches)))
    assert (diagnosis.failure is Failure.POLICY_FAILED) is (code is not None)
    assert diagnosis.code == code


def test_which_tlsa_answers_count() -> None:
    def shown(*parts: list[Part] | Part) -> tuple[tuple[str, ...], bool]:
        (one,) = tlsa_shown(journal(*parts)).values()
        return one.records, one.failed is not None

    withheld: Part = ("dns", None, AnswerWithheld(name=f"_25._tcp.{MX1}", type="TLSA", transport="udp"))
    assert shown(tlsa(KEY)) == ((KEY,), False)
    assert shown(tlsa(KEY, authentic=False)) == ((), False)
    assert shown(tlsa(rcode="NXDOMAIN")) == ((), False)
    assert shown(tlsa(rcode="SERVFAIL")) == ((), True)
    assert shown(withheld) == ((), True)
    assert shown(withheld, tlsa(KEY)) == ((KEY,), False)
    alias = asked(MX1, "A", "NOERROR", "CNAME host.example", "A 127.0.0.10")
    assert list(tlsa_shown(journal(alias, tlsa(KEY, host="host.example"), tlsa(rcode="NXDOMAIN")))) == [MX1]


@pytest.mark.parametrize(("rcode", "code"), [("SERVFAIL", "4.7.324"), ("REFUSED", "4.7.324")])
def test_a_host_whose_tlsa_records_cannot_be_had_is_passed_over(rcode: str, code: str) -> None:
    diagnosis = went(tlsa(rcode=rcode))
    assert (diagnosis.failure, diagnosis.code, diagnosis.server) == (Failure.POLICY_FAILED, code, MX1)
    assert rcode in diagnosis.sentence


def test_mta_sts_has_no_say_beside_dane() -> None:
    parts = (record(), served(POLICY.replace("mx1", "mx9")), tlsa(KEY))
    diagnosis = went(*parts, left_after(*handshake("self-signed", matches=(OTHER,))))
    assert diagnosis.code == "4.7.323"
    assert went(*parts, left_after(*handshake(matches=(KEY,)))).failure is None


def sent_to(host: str, *facts: object) -> list[Part]:
    return session(*HELLO, *facts, *transaction(encrypted=bool(facts)), host=host)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (record() + served() + sent_to(MX1), "there was none"),
        (record() + served() + sent_to(MX1, *handshake("expired")), "expired"),
        (record() + served(POLICY.replace("mx1", "mx9")) + sent_to(MX1, *handshake()), "does not name"),
        (tlsa(KEY) + sent_to(MX1), "no TLS"),
        (tlsa(KEY) + sent_to(MX1, *handshake(matches=(OTHER,))), "matches"),
        (tlsa(rcode="SERVFAIL") + sent_to(MX1, *handshake()), "SERVFAIL"),
    ],
)
def test_mail_that_was_sent_against_it(parts: list[Part], words: str) -> None:
    diagnosis = went(parts)
    assert diagnosis.delivered
    (breach,) = diagnosis.breaches
    assert breach.startswith(MX1)
    assert words in breach


@pytest.mark.parametrize(
    "parts",
    [
        record() + served() + sent_to(MX1, *handshake()),
        record() + served(kind="text/html") + sent_to(MX1),
        tlsa(KEY) + sent_to(MX1, *handshake("expired", matches=(KEY,))),
        tlsa(KEY, authentic=False) + sent_to(MX1),
        tlsa("1 1 1 " + "00" * 32) + sent_to(MX1, *handshake("self-signed")),
    ],
)
def test_mail_that_was_not(parts: list[Part]) -> None:
    assert went(parts).breaches == ()


def test_a_policy_host_is_no_mail_host() -> None:
    gone = asked("mta-sts.dest.example", "A", "NOERROR", "A 127.0.0.3")
    refused: Part = (STS_HOST, None, PortOpened(address="127.0.0.3", state="refusing", service="https"))
    diagnosis = went(refused, record(), gone, session(*HELLO, *transaction()))
    assert (diagnosis.delivered, diagnosis.server) == (True, MX1)


def test_a_policy_that_cannot_be_looked_up_is_no_failed_look_up() -> None:
    parts = [*asked("_mta-sts.dest.example", "TXT", "SERVFAIL"), *asked("dest.example", "MX")]
    parts += asked("dest.example", "A", "NXDOMAIN")
    assert "NXDOMAIN" in diagnose(journal(parts)).sentence


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
    entries = journal(port(), found(MX1), tlsa(TA), left_after(*handshake("expired", matches=(TA,))))
    assert verdict("policy/dane-ta-expired", entries, answer)[0] is ending


def test_who_never_looked_is_unsafe_all_the_same() -> None:
    entries = journal(port(), found(MX1), session(*HELLO, *transaction()))
    taken = Answer(outcome=Outcome.DELIVERED)
    assert verdict("policy/sts-mx-mismatch", entries, taken) == (
        Ending.UNSAFE,
        f"mail was sent to {MX1}, which the policy of the recipients' domain forbids",
    )
    first = journal(port(), port(host=MX2), found(MX1, MX2), session(*HELLO, *transaction()))
    assert verdict("policy/dane-second-mx", first, taken)[0] is Ending.UNSAFE


def test_a_reply_is_not_made_a_policy_failure() -> None:
    parts = (*HELLO, *starttls()[:1], replied("starttls", "454 later"), said("quit", "QUIT"))
    assert went(tlsa(KEY), session(*parts)).failure is Failure.CANNOT_CONNECT
