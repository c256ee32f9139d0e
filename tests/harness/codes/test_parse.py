"""The TOML of a code map, and its mistakes."""

from importlib import resources

import pytest

from mailfault.codes.code_map import CodeMapError
from mailfault.codes.failure import Failure
from mailfault.codes.parse import parse_code_map

SHIPPED = (resources.files("mailfault.codes.code_maps") / "rfc3463.toml").read_text("utf-8")


def test_a_code_map_is_one_file() -> None:
    code_map = parse_code_map("own", SHIPPED.replace("Bad connection", "Broken connection"))
    assert code_map.name == "own"
    assert code_map.failures_of("4.4.2") == {"connection-closed"}
    assert [row.status for row in code_map.rows if row.code == "4.4.2"] == ["450 4.4.2 Broken connection"]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("title = ", "titel = ", "code map own: title is missing"),
        ("title = ", "titel = ", r"\[titel\] is no failure"),
        ("[cannot-connect]", "[can-not-connect]", r"\[can-not-connect\] is no failure; did you mean cannot-connect\?"),
        ("[cannot-connect]", "[can-not-connect]", r"\[cannot-connect\] is missing"),
        ("[cannot-connect]", "[remote-reply]", r"\[remote-reply\] must not be given"),
        ('status = "450 4.4.2 Bad', 'state = "450 4.4.2 Bad', r"\[connection-closed\] has no status"),
        ('status = "450 4.4.2 Bad', 'state = "450 4.4.2 Bad', "unknown key state; did you mean status"),
        ('"450 4.4.2 Bad', '"450 4.4 Bad', r"\[connection-closed\] status '450 4.4 Bad connection' is no status line"),
        ('"450 4.4.2 Bad connection"', "450", r"\[connection-closed\] status must be text"),
        ('["4.7.5", "4.7.10"]', '["4.7"]', r"\[policy-failed\] also holds '4.7'; the form is '4.4.316'"),
        ('["4.7.5", "4.7.10"]', '"4.7.5"', r"\[policy-failed\] also must be a list"),
        ("title = ", "cannot-connect = 1\n#", "must be a table"),
        ("title = ", "title ", "code map own is not TOML: "),
    ],
)
def test_a_mistake_is_named_with_its_place(before: str, after: str, message: str) -> None:
    text = SHIPPED.replace(before, after, 1)
    assert text != SHIPPED
    if "must be a table" in message:
        text = text.split("[cannot-connect]")[0]
    with pytest.raises(CodeMapError, match=message):
        parse_code_map("own", text)


def test_every_mistake_is_reported_at_once() -> None:
    with pytest.raises(CodeMapError) as caught:
        parse_code_map("own", "")
    assert len(str(caught.value).splitlines()) == 10


def test_a_code_map_written_before_a_failure_was_added_gets_its_default() -> None:
    row = parse_code_map("own", SHIPPED.partition("[message-not-transferable]")[0]).row(
        Failure.MESSAGE_NOT_TRANSFERABLE
    )
    assert row.status == "554 5.6.0 The message cannot be transferred to this host"
