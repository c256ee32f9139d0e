"""The page of a failure, and of a status code."""

import re
from collections.abc import Sequence

from mailfault.cli.pages.page import Page
from mailfault.codes.code_maps import all_code_maps
from mailfault.codes.explanation import explain
from mailfault.codes.failure import Failure

_ENHANCED = re.compile(r"(?:^|\s)([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


def enhanced_code(text: str) -> str | None:
    """Return the enhanced code in "4.4.316", "450 4.4.316" or "450 4.4.316 Connection refused"; None without one."""
    found = _ENHANCED.search(text.strip())
    return found[1] if found else None


def failure_page(failure: Failure, expecting: Sequence[str]) -> Page:
    """Return the page of a failure, with its status in each code map. `expecting` are the scenarios that lead to it."""
    page = Page(str(failure), "A failure: one way in which a delivery ends.")
    add_explanation(page, failure)
    page.heading("Its status, by code map")
    add_statuses(page, failure)
    add_ids(page, "Scenarios that lead to it", expecting)
    return page


def code_page(code: str) -> Page | None:
    """Return the failures that an enhanced code stands for, by code map. Return None if no code map has the code."""
    meant: dict[Failure, list[str]] = {}
    for code_map in all_code_maps():
        for row in code_map.rows:
            statuses = {"the status": row.status, "the report after 24 h": row.expired}
            if code in row.also or any(code == enhanced_code(status) for status in statuses.values()):
                exact = [f"{what}, {status}" for what, status in statuses.items() if code == enhanced_code(status)]
                meant.setdefault(row.failure, []).append(f"{code_map.name}: {'; '.join(exact) or 'also accepted'}")
    if not meant:
        return None
    page = Page(code, "An enhanced status code (RFC 3463).")
    if len(meant) > 1:
        page.text(f"It stands for {len(meant)} failures that mailfault distinguishes.", indent=0)
    for failure, where in meant.items():
        page.heading(f"{failure}, by")
        page.bullets(where)
        add_explanation(page, failure)
    return page


def add_explanation(page: Page, failure: Failure) -> None:
    """Add meaning, causes and fixes."""
    text = explain(failure)
    page.heading("What it means")
    page.text(text.meaning)
    page.heading("Likely causes")
    page.bullets(text.causes)
    page.heading("Fixes")
    page.bullets(text.fixes)


def add_statuses(page: Page, failure: Failure, code: str | None = None) -> None:
    """Add a line for each code map. `code` is the kind of the failure, for code maps that distinguish kinds."""
    if failure is Failure.REMOTE_REPLY:
        page.text("The code and text of the remote server, in every code_map.")
        return
    for code_map in all_code_maps():
        try:
            row = code_map.row(failure)
        except LookupError:
            page.term(code_map.name, "no code")
            continue
        status = code_map.status(failure, code)
        page.term(code_map.name, status)
        if row.expired and status == row.status:
            page.term("", f"{row.expired} (in the report, once the queue gives up)")


def add_ids(page: Page, heading: str, ids: Sequence[str]) -> None:
    """Add the stories of these ids, each once, if there are any."""
    stories = dict.fromkeys(identity.partition("[")[0] for identity in ids)
    if stories:
        page.heading(heading)
        page.bullets(stories)
