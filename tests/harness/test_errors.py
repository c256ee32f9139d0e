"""The base of the errors that a user reads."""

import pickle

import pytest

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
