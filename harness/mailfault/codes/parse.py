"""Parse the TOML of a code map. Every mistake of a file is reported at once, with the legal values."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from mailfault.codes.code_map import CodeMap, CodeMapError, StatusRow
from mailfault.codes.failure import Failure

_NEEDED = ("status", "expired", "source")
_LISTS = ("also", "kinds")
_STATUS = re.compile(r"[45]\d\d [45]\.\d{1,3}\.\d{1,3} \S.*")
_CODE = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")
_FAILURES = tuple(failure for failure in Failure if failure is not Failure.REMOTE_REPLY)

_DEFAULTS = {
    Failure.MESSAGE_NOT_TRANSFERABLE: StatusRow(
        failure=Failure.MESSAGE_NOT_TRANSFERABLE,
        status="554 5.6.0 The message cannot be transferred to this host",
        expired="554 5.6.0 The message cannot be transferred to this host",
        source="RFC 3463 3.7, X.6.0",
        also=("5.6.7", "5.6.3", "5.6.1", "5.3.4"),
    )
}
"""Rows of failures that were added after code maps of other people had been written: a file may leave them out."""


def parse_code_map(name: str, text: str) -> CodeMap:
    """Return the code map `name` (the file's name without its ending). Raises CodeMapError with every mistake."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CodeMapError(f"code map {name} is not TOML", cause=str(error)) from error
    if mistakes := tuple(_mistakes(data)):
        raise CodeMapError("\n".join(f"code map {name}: {mistake}" for mistake in mistakes))
    rows = tuple(_row(failure, data[failure]) if failure in data else _DEFAULTS[failure] for failure in _FAILURES)
    return CodeMap(name=name, title=data["title"], rows=rows)


def _row(failure: Failure, table: Mapping[str, Any]) -> StatusRow:
    return StatusRow(
        failure=failure,
        status=table["status"],
        source=table["source"],
        also=tuple(table.get("also", ())),
        kinds=tuple(table.get("kinds", ())),
        expired=table["expired"],
    )


def _mistakes(data: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(data.get("title"), str):
        yield 'title is missing: give it as title = "..."'
    for key, table in data.items():
        if key == Failure.REMOTE_REPLY:
            yield f"[{key}] must not be given: the remote's own code is passed on"
        elif key in _FAILURES:
            yield from (f"[{key}] {mistake}" for mistake in _mistakes_of_row(table))
        elif key != "title":
            yield f"[{key}] is no failure; {_nearest(key, _FAILURES)}"
    for failure in _FAILURES:
        if failure not in data and failure not in _DEFAULTS:
            yield f"[{failure}] is missing"


def _mistakes_of_row(table: object) -> Iterator[str]:
    if not isinstance(table, Mapping):
        yield "must be a table"
        return
    keys = (*_NEEDED, *_LISTS)
    yield from (f"has the unknown key {key}; {_nearest(key, keys)}" for key in table if key not in keys)
    for key in _NEEDED:
        if key not in table:
            yield f"has no {key}"
        elif not isinstance(table[key], str) or not table[key].strip():
            yield f"{key} must be text"
        elif key != "source" and not _STATUS.fullmatch(table[key]):
            yield f"{key} {table[key]!r} is no status line like '450 4.4.316 Connection refused'"
    yield from _mistakes_of_list("also", table.get("also", []), _CODE, "4.4.316")
    yield from _mistakes_of_list("kinds", table.get("kinds", []), _STATUS, "450 4.7.322 Certificate expired")


def _mistakes_of_list(key: str, values: object, form: re.Pattern[str], example: str) -> Iterator[str]:
    if not isinstance(values, list):
        yield f"{key} must be a list"
        return
    for value in values:
        if not isinstance(value, str) or not form.fullmatch(value):
            yield f"{key} holds {value!r}; the form is {example!r}"


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}known are {', '.join(known)}"
