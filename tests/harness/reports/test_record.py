import io
from pathlib import Path
from typing import Any

import pytest

from mailfault.events import from_lines
from mailfault.reports.output_file import OutputFile, OutputLost
from mailfault.reports.record import RunRecord


def test_events_are_in_the_file_as_soon_as_they_are_taken(
    tmp_path: Path, make_started: Any, make_finished: Any, make_over: Any
) -> None:
    path = tmp_path / "run.jsonl"
    events = [make_started(), make_finished(), make_over()]
    record = RunRecord(OutputFile(path))
    for number, event in enumerate(events, start=1):
        record.take(event)
        assert len(path.read_text("utf-8").split("\n")) == number + 1
    record.close()
    with path.open(encoding="utf-8", newline="\n") as lines:
        assert list(from_lines(lines)) == events


def test_the_old_content_is_kept_until_the_run_begins(tmp_path: Path, make_started: Any) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("an older and much longer record\n" * 100)
    with OutputFile(path):
        pass
    assert path.read_text().startswith("an older")
    with OutputFile(path) as file:
        RunRecord(file).take(make_started())
    assert path.read_text().startswith('{"event":"run-started"')
    assert "older" not in path.read_text()


def test_a_run_that_never_began_leaves_no_file(tmp_path: Path) -> None:
    OutputFile(tmp_path / "run.jsonl").close()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_known_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        OutputFile(tmp_path / "no" / "such" / "folder.jsonl")
    with pytest.raises(OSError):
        OutputFile(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_reported_once(make_started: Any) -> None:
    file = OutputFile(Path("/dev/full"))
    with pytest.raises(OutputLost, match="/dev/full can no longer be written: No space left on device"):
        RunRecord(file).take(make_started())
    file.close()


def test_stray_bytes_of_a_client_survive(tmp_path: Path, make_finished: Any) -> None:
    path = tmp_path / "run.jsonl"
    event = make_finished(answer={"outcome": "deferred", "text": "caf\udce9 \u2028 Grüße"})
    with OutputFile(path) as file:
        RunRecord(file).take(event)
    with path.open(encoding="utf-8", newline="\n") as lines:
        assert list(from_lines(lines)) == [event]


def test_json_lines_on_a_stream(make_started: Any) -> None:
    stream = io.StringIO()
    record = RunRecord(stream)
    record.take(make_started())
    record.close()
    assert list(from_lines(stream.getvalue().splitlines())) == [make_started()]
