"""Readers of files, answers and replies: any input ends in a value or in the documented error."""

import contextlib
import json
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mailfault.contract import Answer, BadAnswer
from mailfault.events import BadRecord, from_lines
from mailfault.scenario.loader import SHIPPED, ScenarioError, load_file
from mailfault_servers.smtp.masking import masked_keywords, masked_text, with_size, without_keyword
from mailfault_servers.smtp.reading import Flaw, first_reply, flaw_of
from mailfault_servers.smtp.reply import SmtpReply
from tests.fuzz.fuzzing import fuzz, mangled

REPLIES = (b"250-mx\r\n250-SIZE 10\r\n250 STARTTLS\r\n", b"550 5.1.1 No\r\n", b"220 mx ESMTP\r\n", b"354 go\r\n")
STORIES = tuple(path.read_bytes() for path in sorted(SHIPPED.glob("tls/certificate-*.toml"))[:6])
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
KEYS = st.sampled_from(("outcome", "code", "failure", "reply", "text", "server", "recipients", "event", "kind"))


@fuzz(400)
@given(mangled(REPLIES))
def test_replies(data: bytes) -> None:
    flaw = flaw_of(data)
    text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n").rstrip("\n")
    if flaw in (Flaw.NONE, Flaw.BARE_LINE_FEED, Flaw.MORE_BEHIND):
        assert 200 <= SmtpReply.parse(first_reply(text)).code < 600
    with contextlib.suppress(ValueError):
        SmtpReply.parse(text).wire()
    masked_keywords(data)
    masked_text(data)
    without_keyword(data, "SIZE")
    with_size(data, 5)


@fuzz(300)
@given(st.dictionaries(KEYS | st.text(max_size=8), json_values, max_size=6) | json_values)
def test_answers_and_records(value: object) -> None:
    with contextlib.suppress(BadAnswer):
        answer = Answer.from_json(value)
        assert Answer.from_json(answer.to_json()) == answer
    with contextlib.suppress(BadRecord):
        list(from_lines([json.dumps(value)]))


@fuzz(200)
@given(mangled((b'{"event":"run-finished","endings":{},"duration_s":1.0,"exit_status":0}\n', b"{}\n", b"[1]\n")))
def test_lines_of_a_record(data: bytes) -> None:
    with contextlib.suppress(BadRecord):
        list(from_lines(data.decode("utf-8", "replace").splitlines()))


@fuzz(150)
@given(mangled(STORIES))
def test_scenario_files(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "story.toml"
        path.write_bytes(data)
        with contextlib.suppress(ScenarioError):
            assert load_file(path, Path(folder))
