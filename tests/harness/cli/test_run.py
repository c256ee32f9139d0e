import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from mailfault.events import RunFinished, RunStarted, ScenarioFinished, from_lines

ROOT = Path(__file__).parents[3]
IDS = ["connect/refused", "smtp/ehlo-421[route=mx]", "smtp/ehlo-421[route=smart-host]"]


def recorded(path: Path) -> list[Any]:
    with path.open(encoding="utf-8", newline="\n") as lines:
        return list(from_lines(lines))


def test_a_right_client_passes_and_all_outputs_are_written(mailfault: Any, workplace: Path) -> None:
    ran = mailfault("run", "--scenarios", "stories", "--record", "run.jsonl", "--junit", "out.xml")
    assert ran.exit_code == 0, ran.output
    assert "3 passed" in ran.stdout
    events = recorded(workplace / "run.jsonl")
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    assert sorted(event.id for event in events if isinstance(event, ScenarioFinished)) == IDS
    suites = ElementTree.fromstring((workplace / "out.xml").read_text("utf-8"))
    assert suites.attrib["tests"] == "3"


def test_a_wrong_client_exits_with_1_and_the_block_says_why(mailfault: Any) -> None:
    ran = mailfault("run", "smtp/ehlo-421", "--scenarios", "stories", "--client", "python:ownclients:always_refused")
    assert ran.exit_code == 1, ran.output
    assert "2 misclassified" in ran.stdout
    assert "S: 421 4.3.2 Service not available      <- smtp.reply" in ran.stdout
    assert "repeat    mailfault run 'smtp/ehlo-421[route=mx]' --client python:ownclients:always_refused" in ran.stdout
    assert ran.stdout.count("always_refused --scenarios=stories\n") == 2


PROCESSES = """
import os

def deliver(target):
    return {"outcome": "deferred", "code": "4.4.316", "text": f"process {os.getpid()}"}
"""
HERE, THERE = "python:processes:deliver", f"python@{sys.executable}:processes:deliver"


@pytest.mark.parametrize(
    ("words", "spec", "repeated", "is_here"),
    [
        (("--client", HERE), HERE, f"--client {HERE}", False),
        (("--client", HERE, "--in-process"), HERE, f"--client {HERE} --scenarios=stories --in-process", True),
        (("--client", HERE, "--python", sys.executable), THERE, f"--client {THERE}", False),
        (("--client", THERE), THERE, f"--client {THERE}", False),
    ],
)
def test_the_process_of_a_python_client(
    mailfault: Any, workplace: Path, words: tuple[str, ...], spec: str, repeated: str, is_here: bool
) -> None:
    (workplace / "processes.py").write_text(PROCESSES)
    ran = mailfault("run", "connect/refused", "--scenarios", "stories", "--no-control", "--json", *words)
    events: list[Any] = list(from_lines(ran.stdout.splitlines()))
    started, finished = events[0], events[-2]
    assert started.clients == (spec,)
    assert started.software[0]["interpreter"] == sys.executable
    assert repeated in finished.repeat
    assert (finished.answer["text"] == f"process {os.getpid()}") is is_here
    assert finished.processes == (() if is_here else (1,))


@pytest.mark.parametrize("words", [("--python", sys.executable), ("--in-process",)])
def test_an_interpreter_without_a_python_client_is_refused(mailfault: Any, words: tuple[str, ...]) -> None:
    ran = mailfault("run", "connect/refused", "--scenarios", "stories", "--client", "smtplib", *words)
    assert ran.exit_code == 2
    assert f"{words[0]} is for clients of the form python:module:function" in ran.stderr


def test_json_is_all_that_is_on_stdout(mailfault: Any) -> None:
    ran = mailfault("run", "tag:quick", "--scenarios", "stories", "--json")
    assert ran.exit_code == 0, ran.output
    kinds = [json.loads(line)["event"] for line in ran.stdout.splitlines()]
    assert kinds == ["run-started", "scenario-started", "scenario-finished", "run-finished"]
    assert "1 passed" in ran.stderr


def test_a_scenario_file_can_be_named(mailfault: Any) -> None:
    ran = mailfault("run", "stories/connect/refused.toml")
    assert ran.exit_code == 0, ran.output
    assert "1 passed" in ran.stdout


def test_settings_of_the_working_directory(mailfault: Any, workplace: Path) -> None:
    (workplace / "mailfault.toml").write_text(
        'scenarios = "stories"\nclient = "python:ownclients:always_refused"\nprofile = "rfc3463"\n'
    )
    ran = mailfault("run", "connect/*")
    assert ran.exit_code == 0, ran.output
    assert "code map rfc3463" in ran.stdout
    (workplace / "mailfault.toml").write_text("cleint = 1")
    wrong = mailfault("run")
    assert wrong.exit_code == 2
    assert "did you mean 'client'?" in wrong.stderr


def test_shards_together_are_the_whole(mailfault: Any, workplace: Path) -> None:
    played = []
    for part in ("1/2", "2/2"):
        ran = mailfault("run", "--scenarios", "stories", "--shard", part, "--record", "run.jsonl", "--no-control")
        assert ran.exit_code == 0, ran.output
        played += [event.id for event in recorded(workplace / "run.jsonl") if isinstance(event, ScenarioFinished)]
    assert sorted(played) == IDS


def test_what_cannot_be_had_is_refused_with_2_before_anything_runs(mailfault: Any, workplace: Path) -> None:
    (workplace / "bad").mkdir()
    (workplace / "empty").mkdir()
    (workplace / "bad" / "story.toml").write_text("title = 'x'\nzzz = 1\n")
    (workplace / "run.jsonl").write_text("an older record\n")
    for words, message in (
        (("connect/refusd", "--scenarios", "stories"), "connect/refused"),
        (("--scenarios", "bad"), "zzz"),
        (("--scenarios", "nowhere"), "there is no such folder"),
        (("--scenarios", "empty"), "there are no scenarios below empty"),
        (("--scenarios", "stories", "--client", "smtplob"), "smtplib"),
        (("--scenarios", "stories", "--client", "command:./no-such-program"), "no-such-program"),
        (("--scenarios", "stories", "--profile", "microsoft"), "microsoft-365"),
        (("--scenarios", "stories", "--record", "no/such/folder.jsonl"), "No such file or directory"),
        (("--scenarios", "stories", "--record", "a", "--junit", "a"), "each needs its own file"),
        (("--scenarios", "stories", "--shard", "3/2"), "write it like 2/5"),
        (("--scenarios", "stories", "--record", "run.jsonl", "--client", "smtplob"), "smtplib"),
    ):
        ran = mailfault("run", *words)
        assert ran.exit_code == 2, (words, ran.output)
        assert message in ran.stderr, (words, ran.stderr)
        assert "Traceback" not in ran.stderr
        assert not ran.stdout
    assert (workplace / "run.jsonl").read_text() == "an older record\n"
    assert not (workplace / "a").exists()


def test_ctrl_c_keeps_what_was_done(workplace: Path) -> None:
    words = ("run", "--scenarios", "stories", "--client", "python:ownclients:never", "--deadline", "0.3", "--json")
    with subprocess.Popen(
        [sys.executable, "-m", "mailfault", *words, "--record", "run.jsonl", "--junit", "out.xml", "--jobs", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "scenario-started" in line:
                process.send_signal(signal.SIGINT)
                break
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    last = recorded(workplace / "run.jsonl")[-1]
    assert isinstance(last, RunFinished)
    assert last.interrupted
    assert (workplace / "out.xml").read_text().startswith("<?xml")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("option", ["--record", "--junit"])
def test_a_full_disk_breaks_the_run_off_with_3(mailfault: Any, option: str) -> None:
    ran = mailfault("run", "connect/refused", "--scenarios", "stories", option, "/dev/full")
    assert ran.exit_code == 3
    assert "/dev/full can no longer be written: No space left on device; the run was stopped" in ran.stderr


def test_python_m_harness_and_the_price_of_a_version() -> None:
    asked = (
        "import sys, mailfault.cli; sys.argv = ['mailfault', '--version']\n"
        "try: mailfault.cli.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = ('aiosmtpd', 'aiosmtplib', 'dnslib', 'dns', 'pydantic', 'cryptography', 'trustme', 'asyncio')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, cwd=ROOT, check=True)
    version, heavy = done.stdout.splitlines()
    assert version.startswith("mailfault ")
    assert heavy == "[]"


def test_a_fault_of_mailfault_itself_is_3(monkeypatch: Any, capsys: Any) -> None:
    from mailfault import cli
    from mailfault.cli import app

    def broken(**kwargs: Any) -> None:
        raise RuntimeError("it broke")

    monkeypatch.setattr(app, "app", broken)
    monkeypatch.setattr("sys.argv", ["mailfault", "list"])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert raised.value.code == 3
    assert "it broke" in capsys.readouterr().err
