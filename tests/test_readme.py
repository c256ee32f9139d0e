"""The README is run: its client is plugged in, its commands are called, its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mailfault.clients import known_adapters
from mailfault.sandbox.sandbox import NoSandbox, shared_sandbox

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder, with the README's client in it."""
    (client,) = [block for block in blocks("python") if block.startswith("# myclient.py")]
    (tmp_path / "myclient.py").write_text(client)
    return tmp_path


def call(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", line.partition("#")[0])]
    assert words[0] == "mailfault"
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-m", "mailfault", *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_commands_run_as_they_stand_there(folder: Path) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("mailfault ")]
    assert len(lines) >= 6
    for line in lines:
        done = call(line, folder)
        absent = _absent(line)
        if absent is not None:
            assert (done.returncode, absent in done.stderr) == (2, True), f"{line}\n{done.stdout}\n{done.stderr}"
            continue
        assert done.returncode in ((0, 1) if " run " in line else (0,)), f"{line}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr


def _absent(line: str) -> str | None:
    """Return what mailfault has to say if this machine lacks what the command needs; None if it lacks nothing."""
    installed = {adapter.name for adapter in known_adapters() if adapter.installed}
    for client in re.findall(r"--client ([a-z-]+)(?!\S)", line):
        if client not in installed:
            return f"{client} is not installed"
    if "--sandbox always" in line or "--client postfix" in line:
        try:
            shared_sandbox()
        except NoSandbox:
            return "sandbox"
    return None


def test_the_client_of_the_readme_is_judged(folder: Path) -> None:
    done = call("mailfault run 'connect/refused' 'control/plain' --client python:myclient:deliver", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert "2 unsupported" in done.stdout


def test_the_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_table_of_endings_is_complete() -> None:
    from mailfault.judging.verdict import Ending

    assert [str(ending) for ending in Ending if f"`{ending}`" not in README] == []
