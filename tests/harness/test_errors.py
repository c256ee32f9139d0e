"""The base of the errors that a user reads."""

import ast
import importlib
import pickle
import re
from pathlib import Path

import pytest

from mailfault import errors
from mailfault.errors import MailfaultError


class NotFound(MailfaultError, LookupError):
    """An error of both families, as subclasses are written."""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MailfaultError("no scenario matches"), "no scenario matches"),
        (MailfaultError("cannot read a.toml", cause="it is a folder"), "cannot read a.toml: it is a folder"),
        (MailfaultError("there is no stage 'x'", hint="did you mean 'y'?"), "there is no stage 'x'; did you mean 'y'?"),
        (NotFound("a", cause="b", hint="c"), "a: b; c"),
    ],
)
def test_an_error_is_one_line_of_fact_cause_and_hint(error: MailfaultError, line: str) -> None:
    assert str(error) == line


def test_an_error_crosses_a_process_whole() -> None:
    copy = pickle.loads(pickle.dumps(NotFound("a", cause="b", hint="c")))
    assert isinstance(copy, NotFound)
    assert (copy.message, copy.cause, copy.hint, str(copy)) == ("a", "b", "c", "a: b; c")


ROWS = re.findall(r"^\| ([^|]+) \| (\w+) \| ([\w.]+) \|$", errors.__doc__ or "", re.MULTILINE)


@pytest.mark.parametrize("name", [name for _, name, _ in ROWS])
def test_an_error_of_the_table_is_where_the_table_says(name: str) -> None:
    (place,) = (place for _, listed, place in ROWS if listed == name)
    error = getattr(importlib.import_module(place), name)
    assert issubclass(error, Exception)


def test_the_table_lists_every_error() -> None:
    sources = Path(errors.__file__).parent.rglob("*.py")
    classes = {
        node.name
        for source in sources
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name) and base.id == MailfaultError.__name__
    }
    assert classes >= {"ClientError", "BadRecord"}
    assert classes <= {name for _, name, _ in ROWS}
