"""Two versions of one library in one run: each client with its own, the controls with the harness's."""

import venv
from pathlib import Path

import pytest

from mailfault.clients import open_client
from mailfault.events import RunStarted, ScenarioFinished, from_lines, to_line
from mailfault.play.options import RunOptions
from mailfault.play.placement import Networks, SandboxUse
from mailfault.play.run import run
from mailfault.scenario.loader import find_scenario

CLIENT = '''
import smtplib
import dns

def deliver(target):
    """Deliver to the first host; a later dns delivers, an early one claims that the name was not found."""
    if dns.__version__ < "2":
        return {"outcome": "deferred", "code": "4.4.312", "text": f"dnspython {dns.__version__}"}
    with smtplib.SMTP(ADDRESS or target.smart_host, target.smtp_port, timeout=5) as session:
        session.sendmail(target.sender, target.recipients, target.message)
    return {"outcome": "delivered"}
'''
SCENARIO = find_scenario("control/plain[route=smart-host]")


def environment(folder: Path, version: str) -> Path:
    """Make a virtual environment with a dnspython of this version, which says nothing but its version."""
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "dns").mkdir()
    (packages / "dns" / "__init__.py").write_text(f"__version__ = {version!r}\n")
    return folder


def test_two_versions_in_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    play_both(tmp_path, monkeypatch, SandboxUse.NEVER)


@pytest.mark.usefixtures("sandbox")
def test_two_versions_in_one_run_in_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    play_both(tmp_path, monkeypatch, SandboxUse.ALWAYS)


def play_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: SandboxUse) -> None:
    monkeypatch.chdir(tmp_path)
    address = None if use is SandboxUse.ALWAYS else "127.0.0.10"
    (tmp_path / "versioned.py").write_text(f"ADDRESS = {address!r}\n{CLIENT}")
    old, new = environment(tmp_path / "old", "1.16"), environment(tmp_path / "new", "2.99")
    specs = [f"python@{folder}:versioned:deliver" for folder in (old, new)] + ["reference"]
    clients = [open_client(spec) for spec in specs]
    options = RunOptions(control=False, networks=Networks(use))
    events = list(run([SCENARIO], clients, options, version="9.9"))
    for client in clients:
        client.close()
    started, *_ = events
    assert isinstance(started, RunStarted)
    assert [software["libraries"].get("dnspython") for software in started.software[:2]] == ["1.16", "2.99"]
    assert [software["interpreter"] for software in started.software[:2]] == [
        str(folder / "bin" / "python") for folder in (old, new)
    ]
    endings = {event.client: event.ending for event in events if isinstance(event, ScenarioFinished)}
    assert [endings[spec] for spec in specs[1:]] == ["passed", "passed"]
    assert endings[specs[0]] not in ("passed", "tolerated")
    assert [to_line(event) for event in from_lines(map(to_line, events))] == [to_line(event) for event in events]
