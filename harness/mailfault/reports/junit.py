"""JUnit XML, made from the events of a run; valid for the schema of Jenkins' xUnit plug-in (junit-10.xsd).

A client that fell short is a failure; one that crashed or hung, or a harness that is broken, is an error; what the
client declares as unsupported is skipped, with its reason.
"""

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mailfault.events import Ending, RunEvent, RunFinished, RunStarted, ScenarioFinished
from mailfault.reports.output_file import OutputFile
from mailfault.reports.printable import printable
from mailfault.reports.report import in_order
from mailfault.reports.shortfall import shortfall

_ERRORS = (Ending.CRASHED, Ending.HUNG, Ending.BROKEN)


class JUnitFile:
    """Collects the events of a run and writes the file when it is closed."""

    def __init__(self, file: OutputFile) -> None:
        self._file = file
        self._events: list[RunEvent] = []

    def take(self, event: RunEvent) -> None:
        self._events.append(event)

    def close(self) -> None:
        """Write what was played so far, also of a run that was interrupted. Nothing is written where no run began."""
        events, self._events = self._events, []
        if events:
            self._file.write(junit_xml(events))
        self._file.close()


def junit_xml(events: Iterable[RunEvent]) -> str:
    """The events of one run as a JUnit document: one <testsuite> a client, one <testcase> a scenario."""
    started: RunStarted | None = None
    ended: RunFinished | None = None
    finished: list[ScenarioFinished] = []
    for event in events:
        match event:
            case RunStarted():
                started = event
            case ScenarioFinished():
                finished.append(event)
            case RunFinished():
                ended = event
    clients = started.clients if started is not None else ()
    ordered = in_order(finished, clients)
    names = dict(zip(started.clients, started.client_names, strict=False)) if started is not None else {}
    root = Element("testsuites", {"name": "mailfault", **_counts(ordered)})
    if ended is not None:
        root.set("time", _time(ended.duration_s))
    for client in dict.fromkeys((*clients, *(one.client for one in ordered))):
        its = [one for one in ordered if one.client == client]
        root.append(_suite(client, names.get(client, client), its, started))
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(client: str, name: str, its: list[ScenarioFinished], started: RunStarted | None) -> Element:
    suite = Element("testsuite", {"name": printable(f"mailfault {client}"), **_counts(its)})
    suite.set("skipped", str(sum(one.ending is Ending.UNSUPPORTED for one in its)))
    suite.set("time", _time(sum(one.duration_s for one in its)))
    if started is not None:
        suite.set("timestamp", started.started_at)
        properties = SubElement(suite, "properties")
        facts = (("client", name), ("profile", started.profile), ("mailfault", started.mailfault))
        for key, value in facts:
            SubElement(properties, "property", name=key, value=printable(value))
    for one in its:
        suite.append(_case(one))
    return suite


def _case(one: ScenarioFinished) -> Element:
    folder = one.id.partition("[")[0].rpartition("/")[0].replace("/", ".")
    # Jenkins takes all before the last dot for a package, so dots of the client's own would tear it apart.
    client = re.sub(r"[^\w:-]+", "_", one.client)
    place = ".".join(filter(None, ("mailfault", client, folder)))
    case = Element("testcase", classname=printable(place), name=printable(one.id), time=_time(one.duration_s))
    message = printable(one.sentence)
    if one.ending is Ending.UNSUPPORTED:
        SubElement(case, "skipped", type=one.ending, message=message)
    elif one.ending in _ERRORS:
        SubElement(case, "error", type=one.ending, message=message).text = shortfall(one)
    elif one.ending.is_shortfall:
        SubElement(case, "failure", type=one.ending, message=message).text = shortfall(one)
    elif one.ending is Ending.TOLERATED:
        SubElement(case, "system-out").text = f"tolerated: {message}"
    elif one.coarser:
        told = f"coarser than the article: it may as well stand for {', '.join(one.coarser)}"
        SubElement(case, "system-out").text = printable(told)
    return case


def _counts(its: list[ScenarioFinished]) -> dict[str, str]:
    errors = sum(one.ending in _ERRORS for one in its)
    failures = sum(one.ending.is_shortfall and one.ending not in _ERRORS for one in its)
    return {"tests": str(len(its)), "failures": str(failures), "errors": str(errors)}


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"
