"""The page of a family: its description, and a line for each member."""

from collections.abc import Sequence

from mailfault.cli.pages.page import Page
from mailfault.scenario.model import Scenario


def family_page(name: str, text: str, members: Sequence[Scenario]) -> Page:
    """Return the page. `text` is the docstring of the family's file."""
    page = Page(name, text.partition("\n")[0])
    page.text("A family: scenarios that differ in the settings named in brackets.", indent=0)
    if rest := text.partition("\n")[2].strip():
        page.gap()
        page.text(rest, indent=0)
    page.heading("Its scenarios, and the answer of a correct client")
    for scenario in members:
        expect = scenario.expect
        answer = "delivered" if expect.failure is None else expect.reply or f"{expect.failure}, {expect.action}"
        page.verbatim(scenario.id)
        page.text(f"{scenario.title}: {answer}", indent=6)
    page.heading("Sources")
    page.bullets(tuple(dict.fromkeys(ref for scenario in members for ref in scenario.refs)))
    page.heading("To run it")
    page.verbatim(f"mailfault explain '{members[0].id}'")
    page.verbatim(f"mailfault run {name} --client reference")
    return page
