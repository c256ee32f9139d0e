from typing import Any

import pytest


def test_a_scenario(mailfault: Any) -> None:
    told = mailfault("explain", "connect/refused", "--scenarios", "stories")
    assert told.exit_code == 0, told.output
    for words in (
        "connect/refused\nNothing listens\n",
        "A right client keeps the message queued",
        "route smart-host",
        "mx1.dest.example: a mail host",
        "* tcp.refuse",
        "450 4.4.316 Connection refused",
        "Likely causes",
        "- RFC 9293 3.10.7.1",
        "mailfault run connect/refused",
    ):
        assert words in told.stdout, words


def test_a_story_told_for_two_routes_is_one_page(mailfault: Any) -> None:
    told = mailfault("explain", "smtp/ehlo-421", "--scenarios", "stories")
    assert told.exit_code == 0, told.output
    assert "route mx" in told.stdout
    assert "route smart-host" in told.stdout
    one = mailfault("explain", "smtp/ehlo-421[route=mx]", "--scenarios", "stories")
    assert "route smart-host" not in one.stdout
    assert "mailfault run 'smtp/ehlo-421[route=mx]'" in one.stdout


def test_a_scenario_about_policies(mailfault: Any) -> None:
    told = mailfault("explain", "policy/dane-failure-outranks-sts")
    assert told.exit_code == 0, told.output
    for words in (
        "it follows DANE",
        "it follows MTA-STS",
        "has TLSA records 3 1 1",
        "whose answers are signed",
        "mta-sts.dest.example: an MTA-STS policy of mode enforce",
        "450 4.7.323 TLSA invalid",
        "has to report this one",
    ):
        assert words in told.stdout, words
    assert "- policy/sts-policy-host-redirects" in mailfault("explain", "https.redirect").stdout


def test_a_fault(mailfault: Any) -> None:
    told = mailfault("explain", "smtp.reply", "--scenarios", "stories")
    assert told.exit_code == 0, told.output
    assert "one of greeting, ehlo" in told.stdout
    assert "default: greeting" in told.stdout
    assert "- smtp/ehlo-421" in told.stdout
    assert "connect/refused" not in told.stdout


def test_a_former_id_shows_the_fault_under_its_new_id(mailfault: Any) -> None:
    shown = mailfault("explain", "tls.ready-reply")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("smtp.starttls-ready-reply\n")
    assert "- tls/ready-in-two-lines" in shown.stdout


@pytest.mark.parametrize("code", ["4.4.316", "450 4.4.316", "5.4.316", "450 4.4.316 Connection refused"])
def test_a_code(mailfault: Any, code: str) -> None:
    told = mailfault("explain", code, "--scenarios", "stories")
    assert told.exit_code == 0, told.output
    assert "connection-refused, by" in told.stdout
    assert "connection-closed" not in told.stdout


def test_a_failure(mailfault: Any) -> None:
    told = mailfault("explain", "connection-refused", "--scenarios", "stories")
    assert told.exit_code == 0, told.output
    assert "450 4.4.316 Connection refused" in told.stdout
    assert "- connect/refused" in told.stdout


@pytest.mark.parametrize(
    ("unknown", "near"),
    [
        ("conect/refused", "connect/refused"),
        ("smtp.replies", "smtp.reply"),
        ("connection-refusd", "connection-refused"),
    ],
)
def test_what_is_unknown_is_refused_with_the_nearest(mailfault: Any, unknown: str, near: str) -> None:
    told = mailfault("explain", unknown, "--scenarios", "stories")
    assert told.exit_code == 2
    assert near in told.stderr


def test_an_unknown_code(mailfault: Any) -> None:
    told = mailfault("explain", "4.9.999", "--scenarios", "stories")
    assert told.exit_code == 2
    assert "4.9.999" in told.stderr


def test_every_fault_and_failure_has_a_page(mailfault: Any) -> None:
    from mailfault.codes.failure import Failure
    from mailfault_servers.fault import all_faults

    for subject in (*all_faults(), *Failure):
        told = mailfault("explain", subject, "--scenarios", "stories")
        assert told.exit_code == 0, told.output
        assert len(told.stdout.splitlines()) > 8, subject


def test_recipients_with_answers_of_their_own(mailfault: Any) -> None:
    told = mailfault("explain", "smtp/one-of-two-refused")
    assert told.exit_code == 0, told.output
    assert "gone@dest.example  550 5.1.1 User unknown. It gives up at once" in told.stdout
    assert "reports the reply of the server: 550 5.1.1 User unknown" in told.stdout


def test_every_shipped_scenario_has_a_page_that_fits_its_width() -> None:
    from mailfault.cli.pages.scenario_page import scenario_page
    from mailfault.scenario.loader import load_shipped

    for scenario in load_shipped():
        for line in str(scenario_page([scenario])).splitlines():
            assert len(line) <= 100 or " " not in line.strip() or line.startswith("  mailfault run "), line
