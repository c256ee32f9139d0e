"""JUnit XML, made from the events of a run; valid for the schema of Jenkins' xUnit plug-in (junit-10.xsd).

A client's shortfall is a failure. A crash, a hang or a broken harness is an error. A scenario that the client does not
support is skipped, with the reason.
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
    """Collects the events of a run, and writes the file when it is closed."""

    def __init__(self, file: OutputFile) -> None:
        self._file = file
        self._events: list[RunEvent] = []

    def take(self, event: RunEvent) -> None:
        self._events.append(event)

    def close(self) -> None:
        """Write the results so far, also of an interrupted run. Write nothing if no run began."""
        events, self._events = self._events, []
        if events:
            self._file.write(junit_xml(events))
        self._file.close()


def junit_xml(events: Iterable[RunEvent]) -> str:
    """Return a JUnit document: a <testsuite> for each client, a <testcase> for each scenario."""
    started: RunStarted | None = None
    over: RunFinished | None = None
    finished: list[ScenarioFinished] = []
    for event in events:
        match event:
            case RunStarted():
                started = event
            case ScenarioFinished():
                finished.append(event)
            case RunFinished():
                over = event
    clients = started.clients if started is not None else ()
    ordered = in_order(finished, clients)
    names = dict(zip(started.clients, started.client_names, strict=False)) if started is not None else {}
    root = Element("testsuites", {"name": "mailfault", **_counts(ordered)})
    if over is not None:
        root.set("time", _time(over.duration_s))
    for client in dict.fromkeys((*clients, *(event.client for event in ordered))):
        own = [event for event in ordered if event.client == client]
        root.append(_suite(client, names.get(client, client), own, started))
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(client: str, name: str, finished: list[ScenarioFinished], started: RunStarted | None) -> Element:
    suite = Element("testsuite", {"name": printable(f"mailfault {client}"), **_counts(finished)})
    suite.set("skipped", str(sum(event.ending is Ending.UNSUPPORTED for event in finished)))
    suite.set("time", _time(sum(event.duration_s for event in finished)))
    if started is not None:
        suite.set("timestamp", started.started_at)
        properties = SubElement(suite, "properties")
        facts = (("client", name), ("profile", started.profile), ("mailfault", started.mailfault))
        for key, value in facts:
            SubElement(properties, "property", name=key, value=printable(value))
    for event in finished:
        suite.append(_case(event))
    return suite


def _case(finished: ScenarioFinished) -> Element:
    folder = finished.id.partition("[")[0].rpartition("/")[0].replace("/", ".")
    # Jenkins takes everything before the last dot for the package, so the client's own dots are replaced.
    client = re.sub(r"[^\w:-]+", "_", finished.client)
    place = ".".join(filter(None, ("mailfault", client, folder)))
    case = Element("testcase", classname=printable(place), name=printable(finished.id), time=_time(finished.duration_s))
    message = printable(finished.sentence)
    if finished.ending is Ending.UNSUPPORTED:
        SubElement(case, "skipped", type=finished.ending, message=message)
    elif finished.ending in _ERRORS:
        SubElement(case, "error", type=finished.ending, message=message).text = shortfall(finished)
    elif finished.ending.is_shortfall:
        SubElement(case, "failure", type=finished.ending, message=message).text = shortfall(finished)
    elif finished.ending is Ending.TOLERATED:
        SubElement(case, "system-out").text = f"tolerated: {message}"
    elif finished.coarser:
        note = f"coarser than the article: the answer may also mean {', '.join(finished.coarser)}"
        SubElement(case, "system-out").text = printable(note)
    return case


def _counts(finished: list[ScenarioFinished]) -> dict[str, str]:
    errors = sum(event.ending in _ERRORS for event in finished)
    shortfalls = sum(event.ending.is_shortfall for event in finished)
    return {"tests": str(len(finished)), "failures": str(shortfalls - errors), "errors": str(errors)}


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"
