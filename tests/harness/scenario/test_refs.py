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


@pytest.mark.parametrize("ref", CITED)
def test_each_source_can_be_looked_up(ref: str) -> None:
    if not ref.startswith("RFC"):
        assert ref.startswith(OTHER)
        return
    found = RFC.fullmatch(ref)
    assert found is not None
    assert found[1] or int(ref.split()[1].rstrip(",:")) in WITHOUT_SECTION, "name the section"


@pytest.mark.parametrize(
    "text",
    [
        text
        for scenario in load_shipped()
        for text in (scenario.why, *(entry.because for entry in scenario.expect.tolerated))
    ],
)
def test_an_rfc_in_a_sentence_is_written_like_one_in_the_sources(text: str) -> None:
    assert not re.search(r"RFC[-#]?\d", text)
    assert not re.search(r"RFC \d+ (section|sect\.|\u00a7)", text, re.IGNORECASE)


def test_codes_of_later_registrations_are_not_given_to_rfc_3463() -> None:
    later = [ref for ref in CITED if re.match(r"RFC 3463\b.*X\.(1\.(9|10)|7\.([89]|\d\d)|6\.([6-9]|\d\d))$", ref)]
    assert later == []
