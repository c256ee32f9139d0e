"""`mailfault explain`: what a scenario, a fault, a failure or a status code is."""

import ast
import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mailfault.cli import options
from mailfault.cli import selection as chosen
from mailfault.cli.usage_error import refuse

if TYPE_CHECKING:
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
    from mailfault.codes.failure import Failure
    from mailfault_servers.fault import all_faults

    wanted = what.strip()
    stories = chosen.every_scenario(chosen.root_folder(scenarios, chosen.settings()))
    known = [one.scenario.id for one in stories]
    variants = [one.scenario for one in stories if wanted in (one.scenario.id, one.scenario.id.partition("[")[0])]
    if len(variants) > 1 and (told := _family_text(next(one for one in stories if one.scenario is variants[0]))):
        from mailfault.cli.pages.family_page import family_page

        typer.echo(family_page(wanted, told, variants))
    elif variants:
        from mailfault.cli.pages.scenario_page import scenario_page

        typer.echo(scenario_page(variants))
    elif (cls := _fault(wanted)) is not None:
        from mailfault.cli.pages.fault_page import fault_page

        users = [one.scenario.id for one in stories if cls.id in _faults_of(one)]
        typer.echo(fault_page(cls, users))
    elif wanted in list(Failure):
        from mailfault.cli.pages.failure_page import failure_page

        failure = Failure(wanted)
        typer.echo(failure_page(failure, [one.scenario.id for one in stories if failure in _failures_of(one)]))
    else:
        _explain_code(wanted, [*known, *all_faults(), *Failure])


def _fault(identity: str) -> "type[Fault] | None":
    """Return the fault of an id or a former id, or None."""
    from mailfault_servers.fault import UnknownFault, find_fault

    try:
        return find_fault(identity)
    except UnknownFault:
        return None


def _family_text(one: chosen.Chosen) -> str | None:
    """What a family says of itself; None: the story stands in a file of TOML."""
    if one.path.suffix != ".py":
        return None
    return ast.get_docstring(ast.parse(one.path.read_text("utf-8"))) or "A family of scenarios"


def _explain_code(wanted: str, known: Sequence[str]) -> None:
    from mailfault.cli.pages.failure_page import code_page, enhanced_code

    code = enhanced_code(wanted)
    page = code_page(code) if code is not None else None
    if page is not None:
        typer.echo(page)
    elif code is not None:
        refuse(f"no profile gives a failure the code {code}; try `mailfault explain remote-reply` if a server said it")
    else:
        stories = list(dict.fromkeys(one.partition("[")[0] for one in known))
        near = difflib.get_close_matches(wanted, [*known, *stories], n=3, cutoff=0.5)
        near = near or [one for one in stories if wanted.lower() in one.lower()][:5]
        hint = f"did you mean {' or '.join(dict.fromkeys(near))}?" if near else "`mailfault list` shows the scenarios"
        refuse(f"there is no scenario, fault, failure or code {wanted!r}; {hint}")


def _failures_of(one: chosen.Chosen) -> set[object]:
    expect = one.scenario.expect
    return {expect.failure, *(its.failure for its in (expect.messages or {}).values())}


def _faults_of(one: chosen.Chosen) -> set[str]:
    scenario = one.scenario
    return {fault.id for fault in scenario.faults}
