"""`mailfault explain`: a page about a scenario, a fault, a failure or a status code."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from mailfault.cli import options, selection
from mailfault.cli.usage_error import refuse

if TYPE_CHECKING:
    from pathlib import Path

    from mailfault.cli.pages.page import Page
    from mailfault.codes.failure import Failure
    from mailfault_servers.fault import Fault


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A scenario (tls/certificate-expired), a fault (smtp.close), a failure (connection-refused) "
            "or a status code (4.4.316).",
        ),
    ],
    scenarios: options.ScenariosFolder = None,
) -> None:
    """Explain a scenario, fault, failure or status code."""
    wanted = what.strip()
    root = selection.root_folder(scenarios, selection.settings())
    page = (
        _scenario_page(wanted, root) or _fault_page(wanted, root) or _failure_page(wanted, root) or _code_page(wanted)
    )
    if page is None:
        _refuse_unknown(wanted, root)
    typer.echo(page)


def _scenario_page(wanted: str, root: "Path") -> "Page | None":
    """Explain a scenario, or a story with all its scenarios."""
    from mailfault.scenario.select import story_of

    if any(character in wanted for character in "*?"):
        return None
    located = [
        located
        for located in selection.scenarios_below(root, [wanted])
        if wanted in (located.scenario.id, story_of(located.scenario.id))
    ]
    variants = [entry.scenario for entry in located]
    if not variants:
        return None
    if len(variants) > 1 and located[0].path.suffix == ".py":
        from mailfault.cli.pages.family_page import family_page

        return family_page(wanted, _docstring(located[0].path), variants)
    from mailfault.cli.pages.scenario_page import scenario_page

    return scenario_page(variants)


def _docstring(family: "Path") -> str:
    import ast

    return ast.get_docstring(ast.parse(family.read_text("utf-8"))) or "A family of scenarios"


def _fault_page(wanted: str, root: "Path") -> "Page | None":
    cls = _fault(wanted)
    if cls is None:
        return None
    from mailfault.cli.pages.fault_page import fault_page

    users = [
        located.scenario.id
        for located in selection.scenarios_below(root)
        if any(fault.id == cls.id for fault in located.scenario.faults)
    ]
    return fault_page(cls, users)


def _fault(identity: str) -> "type[Fault] | None":
    """Return the fault of an id or a former id, or None."""
    if "." not in identity or identity[0].isdigit():
        return None
    from mailfault_servers.fault import UnknownFault, find_fault

    try:
        return find_fault(identity)
    except UnknownFault:
        return None


def _failure_page(wanted: str, root: "Path") -> "Page | None":
    from mailfault.codes.failure import Failure

    if wanted not in list(Failure):
        return None
    from mailfault.cli.pages.failure_page import failure_page

    failure = Failure(wanted)
    expecting = [located.scenario.id for located in selection.scenarios_below(root) if failure in _failures_of(located)]
    return failure_page(failure, expecting)


def _failures_of(located: selection.Located) -> "set[Failure | None]":
    expect = located.scenario.expect
    return {expect.failure, *(message.failure for message in (expect.messages or {}).values())}


def _code_page(wanted: str) -> "Page | None":
    from mailfault.cli.pages.failure_page import code_page, enhanced_code

    code = enhanced_code(wanted)
    return code_page(code) if code is not None else None


def _refuse_unknown(wanted: str, root: "Path") -> NoReturn:
    from mailfault.cli.pages.failure_page import enhanced_code
    from mailfault.codes.failure import Failure
    from mailfault_servers.fault import all_faults

    code = enhanced_code(wanted)
    if code is not None:
        refuse(f"no code map has the code {code}; if a server sent it, try `mailfault explain remote-reply`")
    ids = [located.scenario.id for located in selection.scenarios_below(root)]
    hint = _hint(wanted, [*ids, *all_faults(), *Failure])
    refuse(f"there is no scenario, fault, failure or code {wanted!r}; {hint}")


def _hint(wanted: str, known: Sequence[str]) -> str:
    import difflib

    from mailfault.scenario.select import story_of

    stories = list(dict.fromkeys(story_of(identity) for identity in known))
    near = difflib.get_close_matches(wanted, [*known, *stories], n=3, cutoff=0.5)
    near = near or [story for story in stories if wanted.lower() in story.lower()][:5]
    return f"did you mean {' or '.join(dict.fromkeys(near))}?" if near else "`mailfault list` shows the scenarios"
