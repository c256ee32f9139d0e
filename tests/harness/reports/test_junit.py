import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from mailfault.events import Ending, from_lines, to_line
from mailfault.reports.junit import JUnitFile, junit_xml
from mailfault.reports.output_file import OutputFile

# What Jenkins' junit-10.xsd allows: attributes and children of each element (all that we use of it).
ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "id", "package", "hostname"},
    "testcase": {"name", "time", "classname", "group"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "property": {"name", "value"},
    "properties": set(),
    "system-out": set(),
}
REQUIRED = {"testsuite": {"name", "tests", "failures", "errors"}, "testcase": {"name"}, "property": {"name", "value"}}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase", "system-out"},
    "testcase": {"skipped", "error", "failure", "system-out"},
    "properties": {"property"},
}
JENKINS_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def assert_valid(element: Element) -> None:
    assert set(element.attrib) <= ATTRIBUTES[element.tag], element.tag
    assert set(element.attrib) >= REQUIRED.get(element.tag, set()), element.tag
    if element.tag in ("testsuites", "testsuite") and "time" in element.attrib:
        assert JENKINS_TIME.fullmatch(element.attrib["time"])
    for child in element:
        assert child.tag in CHILDREN.get(element.tag, set()), f"{child.tag} in {element.tag}"
        assert_valid(child)


@pytest.fixture
def events(make_started: Any, make_finished: Any, make_over: Any) -> list[Any]:
    finished = [make_finished(id=f"smtp/{ending}", ending=ending, sentence=f"why {ending}") for ending in Ending]
    return [make_started(), *reversed(finished), make_over()]


def cases(document: str) -> Iterator[tuple[str, Element | None]]:
    for case in ElementTree.fromstring(document).iter("testcase"):
        children = list(case)
        yield case.attrib["name"].removeprefix("smtp/"), children[0] if children else None


def test_it_is_valid_for_jenkins(events: list[Any]) -> None:
    assert_valid(ElementTree.fromstring(junit_xml(events)))


def test_endings_become_failure_error_and_skipped(events: list[Any]) -> None:
    children = {name: None if child is None else child.tag for name, child in cases(junit_xml(events))}
    assert children == {
        "passed": None,
        "tolerated": "system-out",
        "unsupported": "skipped",
        "not-reached": "failure",
        "misclassified": "failure",
        "unsafe": "failure",
        "crashed": "error",
        "hung": "error",
        "broken": "error",
    }


def test_counts(events: list[Any]) -> None:
    root = ElementTree.fromstring(junit_xml(events))
    (suite,) = root
    for element in (root, suite):
        counted = [element.attrib[key] for key in ("tests", "failures", "errors")]
        assert counted == ["9", "3", "3"]
    assert suite.attrib["skipped"] == "1"


def test_reasons_and_the_whole_block_are_there(events: list[Any]) -> None:
    children = dict(cases(junit_xml(events)))
    skipped, failure = children["unsupported"], children["misclassified"]
    assert skipped is not None
    assert skipped.attrib["message"] == "why unsupported"
    assert failure is not None
    assert failure.attrib["message"] == "why misclassified"
    assert "S: 421 4.3.2 Service not available      <- smtp.reply" in (failure.text or "")
    assert "repeat    mailfault run smtp/ehlo-421 --client smtplib" in (failure.text or "")


def test_illegal_characters_are_escaped(make_started: Any, make_finished: Any) -> None:
    nasty = '\x00 \x1b[31m <&>" ]]> \ufffe \udcff'
    event = make_finished(sentence=nasty, answer={"outcome": "deferred", "text": nasty}, client="python:a.b:c")
    root = ElementTree.fromstring(junit_xml([make_started(clients=("python:a.b:c",)), event]))
    assert_valid(root)
    (failure,) = root.iter("failure")
    assert failure.attrib["message"] == '\\x00 \\x1b[31m <&>" ]]> \\ufffe \\udcff'


def test_it_is_made_from_the_record_alone_and_in_order(events: list[Any]) -> None:
    recorded = list(from_lines([to_line(event) for event in events]))
    assert junit_xml(recorded) == junit_xml(events)
    names = [name for name, _ in cases(junit_xml(events))]
    assert names == sorted(names)


def test_one_suite_a_client(make_started: Any, make_finished: Any) -> None:
    both = make_started(clients=("smtplib", "curl"), client_names=("smtplib (CPython)", "curl 8"))
    root = ElementTree.fromstring(junit_xml([both, make_finished(client="curl"), make_finished()]))
    assert [suite.attrib["name"] for suite in root] == ["mailfault smtplib", "mailfault curl"]


def test_the_file_is_written_even_if_the_run_was_broken_off(tmp_path: Path, events: list[Any]) -> None:
    report = JUnitFile(OutputFile(tmp_path / "out.xml"))
    for event in events[:3]:
        report.take(event)
    report.close()
    report.close()
    assert len(list(cases((tmp_path / "out.xml").read_text("utf-8")))) == 2
