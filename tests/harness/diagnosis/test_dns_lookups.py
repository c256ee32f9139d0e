"""Look-ups: accepted answers, failures, and the order of the hosts that they resolve to."""

from dataclasses import replace

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Grade
from tests.support import journals as j

F = Failure


FAILED = [
    ("SERVFAIL", j.lookup("dest.example", "MX", "SERVFAIL"), F.DNS_QUERY_FAILED),
    ("REFUSED", j.lookup("dest.example", "MX", "REFUSED"), F.DNS_QUERY_FAILED),
    ("NXDOMAIN", j.lookup("dest.example", "MX", "NXDOMAIN"), F.DNS_QUERY_FAILED),
    ("malformed", j.lookup("dest.example", "MX", "MALFORMED"), F.DNS_QUERY_FAILED),
    ("nothing in it", j.lookup("dest.example", "MX"), F.DNS_QUERY_FAILED),
    ("silence", j.unanswered_lookup("dest.example", "MX"), F.DNS_QUERY_FAILED),
    (
        "target without address",
        j.lookup("dest.example", "MX", "NOERROR", f"MX 10 {j.MX1}") + j.lookup(j.MX1, "A") + j.lookup(j.MX1, "AAAA"),
        F.DNS_QUERY_FAILED,
    ),
    ("null MX", j.lookup("dest.example", "MX", "NOERROR", "MX 0 ."), F.NO_MAIL_SERVICE),
]


@pytest.mark.parametrize(("parts", "failure"), [case[1:] for case in FAILED], ids=[case[0] for case in FAILED])
def test_failed_look_ups(parts: list[object], failure: Failure) -> None:
    diagnosis = diagnose(j.journal(j.port(), parts))  # type: ignore[arg-type]
    assert (diagnosis.failure, diagnosis.stage, diagnosis.happened) == (failure, "lookup", True)
    assert diagnosis.grade is Grade.WITNESSED


LOOK_UPS: dict[str, tuple[list[j.Part], Failure | None, str]] = {
    "asked again, and answered the second time": (
        j.unanswered_lookup("dest.example", "MX") + j.mx((10, j.MX1)), None, "did nothing more",
    ),
    "truncated over UDP, whole over TCP": (j.lookup("dest.example", "MX") + j.mx((10, j.MX1)), None, "did nothing more"),
    "answered, and then no longer": (j.mx((10, j.MX1)) + j.unanswered_lookup("dest.example", "MX"), F.DNS_QUERY_FAILED, "never"),
    "an alias that leads nowhere": (
        j.mx((10, j.MX1)) + j.lookup(j.MX1, "A", "NOERROR", f"CNAME {j.MX2}"), F.DNS_QUERY_FAILED, f"{j.MX1} A",
    ),
    "no AAAA beside an A that leads out of this world": (
        j.mx((10, j.MX1)) + j.lookup(j.MX1, "A", "NOERROR", "A 192.0.2.9") + j.lookup(j.MX1, "AAAA"), None, "did nothing more",
    ),
    "AAAA alone, and none": (j.lookup(j.MX1, "AAAA"), F.DNS_QUERY_FAILED, f"{j.MX1} AAAA"),
    "neither A nor AAAA": (j.lookup(j.MX1, "A") + j.lookup(j.MX1, "AAAA"), F.DNS_QUERY_FAILED, f"{j.MX1} A "),
    "the first target gone, the second never asked for": (
        j.mx((10, j.MX1), (20, j.MX2)) + j.lookup(j.MX1, "A", "NXDOMAIN"), F.DNS_QUERY_FAILED, "NXDOMAIN",
    ),
    "FORMERR": (j.lookup("dest.example", "MX", "FORMERR"), F.DNS_QUERY_FAILED, "FORMERR"),
    "a question that is not answered at all": (
        j.unanswered_lookup("dest.example", "MX")[:1], F.DNS_QUERY_FAILED, "not answered in time"
    ),
    "a forged answer behind a lasting one": (
        j.lookup("dest.example", "MX", "NXDOMAIN") + j.lookup("dest.example", "MX", "MISMATCHED")[1:],
        F.DNS_QUERY_FAILED, "NXDOMAIN",
    ),
    "the address of nobody": (
        j.lookup("dest.example", "MX", "NOERROR", f"MX 10 {j.MX1}") + j.lookup(j.MX1, "A", "NOERROR", "A 0.0.0.0"),
        F.DNS_QUERY_FAILED, "nobody",
    ),
    "null MX": (j.lookup("dest.example", "MX", "NOERROR", "MX 0 ."), F.NO_MAIL_SERVICE, "null MX"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "failure", "words"), LOOK_UPS.values(), ids=LOOK_UPS)
def test_look_ups(parts: list[j.Part], failure: Failure | None, words: str) -> None:
    diagnosis = diagnose(j.journal(j.port(), j.port(host=j.MX2), parts))
    assert diagnosis.failure is failure, diagnosis.sentence
    assert words in diagnosis.sentence
    assert diagnosis.happened is (failure is not None)


def test_an_address_may_be_written_in_any_way() -> None:
    ports: list[j.Part] = [j.port("refusing")]
    ports[0] = (j.MX1, None, replace(ports[0][2], address="fd00::a"))  # type: ignore[type-var]
    parts = j.mx((10, j.MX1)) + j.lookup(j.MX1, "AAAA", "NOERROR", "AAAA fd00:0:0:0:0:0:0:a")
    diagnosis = diagnose(j.journal(ports, parts))
    assert (diagnosis.failure, diagnosis.server) == (F.CONNECTION_REFUSED, j.MX1)
