"""The page of a family: what its stories have in common, and each of them in a line."""

from collections.abc import Sequence

from mailfault.cli.pages.page import Page
from mailfault.scenario.model import Scenario


def family_page(name: str, text: str, members: Sequence[Scenario]) -> Page:
    """`text` is what the family's file says of itself."""
    page = Page(name, text.partition("\n")[0])
    page.text("A family: scenarios that differ in the settings named in brackets.", indent=0)
    if rest := text.partition("\n")[2].strip():
        page.gap()
        page.text(rest, indent=0)
    page.heading("Its scenarios, and what a right client says")
    for one in members:
        expect = one.expect
        said = "delivered" if expect.failure is None else expect.reply or f"{expect.failure}, {expect.action}"
        page.verbatim(one.id)
        page.text(f"{one.title}: {said}", indent=6)
    page.heading("Sources")
    page.bullets(tuple(dict.fromkeys(ref for one in members for ref in one.refs)))
    page.heading("To see it")
    page.verbatim(f"mailfault explain '{members[0].id}'")
    page.verbatim(f"mailfault run {name} --client reference")
    return page
