"""The sources of scenarios: each names an RFC with its section, or another document that can be found."""

import re

import pytest

from mailfault.scenario.loader import load_shipped

SECTION = r"[1-9]\d*(\.\d+)*"
RFC = re.compile(rf"RFC [1-9]\d{{2,3}}( {SECTION}( and {SECTION})?)?([,:] \S.*)?")
OTHER = (
    "CVE-", "Cisco, document", "Exim specification, ", "Microsoft, ", "OpenSSL, ", "Postfix, ", "Python issue ",
    "connect(2), ", "draft-", "resolv.conf(5), ",
)  # fmt: skip
WITHOUT_SECTION = frozenset({792, 1047, 1535, 2308, 3207, 3463, 3596, 5280, 7505, 8020, 8410, 8422, 8460, 8996, 9525})
"""RFCs that a scenario may cite as a whole: they are short, or all of it is meant."""
CITED = sorted({ref for scenario in load_shipped() for ref in scenario.refs})


def problem_of(ref: str) -> str | None:
    """Return what is wrong with a source, or None."""
    if not ref.startswith("RFC"):
        return None if ref.startswith(OTHER) else "it begins with no known document"
    found = RFC.fullmatch(ref)
    if found is None:
        return "it is not written like 'RFC 5321 4.2.1'"
    is_whole = int(ref.split()[1].rstrip(",:")) in WITHOUT_SECTION
    return None if found[1] or is_whole else "it names no section"


def test_each_source_can_be_looked_up() -> None:
    assert {ref: problem for ref in CITED if (problem := problem_of(ref)) is not None} == {}


@pytest.mark.parametrize("ref", ["RFC 5321", "RFC5321 4.2", "RFC 5321 section 4.2", "Some blog"])
def test_a_source_that_cannot_be_looked_up_is_found(ref: str) -> None:
    assert problem_of(ref) is not None


def test_an_rfc_in_a_sentence_is_written_like_one_in_the_sources() -> None:
    texts = {
        text
        for scenario in load_shipped()
        for text in (scenario.why, *(entry.because for entry in scenario.expect.tolerated))
    }
    odd = re.compile(r"RFC[-#]?\d|(?i:RFC \d+ (section|sect\.|\u00a7))")
    assert [text for text in texts if odd.search(text)] == []


def test_codes_of_later_registrations_are_not_given_to_rfc_3463() -> None:
    later = [ref for ref in CITED if re.match(r"RFC 3463\b.*X\.(1\.(9|10)|7\.([89]|\d\d)|6\.([6-9]|\d\d))$", ref)]
    assert later == []
