"""The page of a failure, and of a status code."""

import re
from collections.abc import Sequence

from mailfault.cli.pages.page import Page
from mailfault.codes.code_maps import all_code_maps
from mailfault.codes.explanation import explain
from mailfault.codes.failure import Failure

_ENHANCED = re.compile(r"(?:^|\s)([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


def enhanced_code(text: str) -> str | None:
    """The enhanced status code in "4.4.316", "450 4.4.316" or "450 4.4.316 Connection refused"; None: there is none."""
    found = _ENHANCED.search(text.strip())
    return found[1] if found else None


def failure_page(failure: Failure, expecting: Sequence[str]) -> Page:
    """What a failure is, and how each kind of client spells it. `expecting` are the scenarios that lead to it."""
    page = Page(str(failure), "A failure: one way in which a delivery ends.")
    add_explanation(page, failure)
    page.heading("Its status in each code map")
    add_spellings(page, failure)
    add_ids(page, "Scenarios that lead to it", expecting)
    return page


def code_page(code: str) -> Page | None:
    """What an enhanced code stands for, by code map; None where no code map knows it."""
    meant: dict[Failure, list[str]] = {}
    for code_map in all_code_maps():
        for row in code_map.rows:
            statuses = {"the status": row.status, "the report after 24 h": row.expired}
            if code in row.also or any(code == enhanced_code(status) for status in statuses.values()):
                exact = [f"{what}, {status}" for what, status in statuses.items() if code == enhanced_code(status)]
                meant.setdefault(row.failure, []).append(
                    f"{code_map.name}: {'; '.join(exact) or 'another code for it'}"
                )
    if not meant:
        return None
    page = Page(code, "An enhanced status code (RFC 3463).")
    if len(meant) > 1:
        page.text(f"It stands for {len(meant)} failures that mailfault tells apart.", indent=0)
    for failure, where in meant.items():
        page.heading(f"{failure}, by")
        page.bullets(where)
        add_explanation(page, failure)
    return page


def add_explanation(page: Page, failure: Failure) -> None:
    """Meaning, causes and fixes."""
    told = explain(failure)
    page.heading("What it means")
    page.text(told.meaning)
    page.heading("Likely causes")
    page.bullets(told.causes)
    page.heading("What mends it")
    page.bullets(told.fixes)


def add_spellings(page: Page, failure: Failure, code: str | None = None) -> None:
    """One line a code map; `code` says which kind of the failure it is, where a code map tells kinds apart."""
    if failure is Failure.REMOTE_REPLY:
        page.text("With the remote server's own code and words, whatever the code map.")
        return
    for code_map in all_code_maps():
        try:
            row = code_map.row(failure)
        except LookupError:
            page.term(code_map.name, "has no code for it")
            continue
        status = code_map.status(failure, code)
        page.term(code_map.name, status)
        if row.expired and status == row.status:
            page.term("", f"{row.expired} (in the report, once the queue gives up)")


def add_ids(page: Page, heading: str, ids: Sequence[str]) -> None:
    """Which scenarios, if any, variants of one story once."""
    stories = dict.fromkeys(identity.partition("[")[0] for identity in ids)
    if stories:
        page.heading(heading)
        page.bullets(stories)
