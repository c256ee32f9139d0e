import io
from typing import Any

import pytest

from mailfault.events import RunEvent, ScenarioStarted
from mailfault.reports.terminal import TerminalReport


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, *events: RunEvent) -> str:
    report = TerminalReport(stream)
    for event in events:
        report.take(event)
    report.close()
    return stream.getvalue()


def test_a_run_as_a_person_sees_it(make_started: Any, make_finished: Any, make_over: Any) -> None:
    passed = make_finished(
        id="connect/refused", ending="passed", happened="450 4.4.316 connection-refused", said="450 4.4.316"
    )
    text = shown(
        io.StringIO(),
        make_started(),
        ScenarioStarted(id="smtp/ehlo-421", client="smtplib"),
        make_finished(),
        passed,
        make_over(endings={"misclassified": 1, "passed": 1}),
    )
    lines = text.splitlines()
    assert lines[:4] == [
        "mailfault 0.1.0 · smtplib (CPython 3.11) · code map microsoft-365 · 3 scenarios · network: loopback",
        "",
        "  connect/refused  passed         450 4.4.316 connection-refused              0.01 s",
        "  smtp/ehlo-421    misclassified  said 4.4.318, happened 4.4.317              0.01 s",
    ]
    assert lines[5].split() == ["1", "passed", "·", "1", "misclassified", "in", "3.1", "s"]
    assert lines[7] == "misclassified  smtp/ehlo-421"
    assert lines[-1] == "  repeat    mailfault run smtp/ehlo-421 --client smtplib"


def test_plain_text_if_the_output_is_no_terminal(make_started: Any, make_finished: Any, make_over: Any) -> None:
    assert "\x1b" not in shown(io.StringIO(), make_started(), make_finished(), make_over())


def test_colour_and_progress_on_a_terminal(
    make_started: Any, make_finished: Any, make_over: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    events = make_started(), make_finished(), make_over()
    assert "\x1b[31mmisclassified" in shown(Terminal(), *events)
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown(Terminal(), *events)
    assert "misclassified" in text
    assert "\x1b[31m" not in text
    assert "\x1b[1m" not in text


def test_force_color_does_not_colour_a_pipe(
    make_started: Any, make_finished: Any, make_over: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in shown(io.StringIO(), make_started(), make_finished(), make_over())


def test_all_is_well_on_one_screen(make_started: Any, make_finished: Any, make_over: Any) -> None:
    text = shown(io.StringIO(), make_started(), make_finished(ending="passed"), make_over(endings={"passed": 1}))
    assert "dialogue" not in text
    assert len(text.splitlines()) == 5


def test_an_unsupported_scenario_is_shown_with_its_whole_reason_once(
    make_started: Any, make_finished: Any, make_over: Any
) -> None:
    reason = "curl has no MX look-up: it hands everything to the one host that it is given, whatever the zone says"
    two = [make_finished(id=f"dns/{name}", ending="unsupported", sentence=reason) for name in ("a", "b")]
    text = shown(io.StringIO(), make_started(), *two, make_over(endings={"unsupported": 2}))
    assert text.count(reason) == 1
    assert "unsupported (2 scenarios)" in text


def test_an_interrupted_run_says_so(make_started: Any, make_finished: Any, make_over: Any) -> None:
    text = shown(
        io.StringIO(),
        make_started(scenarios=7),
        make_finished(ending="passed"),
        make_over(endings={"passed": 1}, interrupted=True, exit_status=130),
    )
    assert "interrupted after 1 of 7: 1 passed" in text


def test_a_broken_run_warns_that_nothing_follows(make_started: Any, make_finished: Any, make_over: Any) -> None:
    text = shown(io.StringIO(), make_started(), make_finished(ending="broken"), make_over(endings={"broken": 1}))
    assert "nothing may be concluded" in text


def test_nasty_text_of_a_client_does_not_reach_the_terminal(
    make_started: Any, make_finished: Any, make_over: Any
) -> None:
    nasty = make_finished(
        sentence="\x1b[2J [bold]x[/bold] [/nonsense]", answer={"outcome": "deferred", "text": "\x1b[2J"}
    )
    text = shown(io.StringIO(), make_started(), nasty, make_over())
    assert "\x1b" not in text
    assert "[bold]x[/bold] [/nonsense]" in text
