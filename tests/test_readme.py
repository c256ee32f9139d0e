"""README and CONTRIBUTING: the client is plugged in, the commands run, the links exist."""

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


BLOCKS = [
    lines for block in blocks("sh") if (lines := [line for line in block.splitlines() if line.startswith("mailfault ")])
]


def test_there_are_commands() -> None:
    assert sum(map(len, BLOCKS)) >= 10


@pytest.mark.parametrize("lines", BLOCKS, ids=lambda lines: lines[0])
def test_the_commands_run_as_they_stand_there(lines: list[str], folder: Path) -> None:
    for line in lines:
        done = call(line, folder)
        lacking = _lacking(line)
        if lacking:
            missing = [word for word in lacking if word not in done.stderr]
            assert (done.returncode, missing) == (2, []), f"{line}\n{done.stdout}\n{done.stderr}"
            continue
        assert done.returncode in ((0, 1) if " run " in line else (0,)), f"{line}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr


def _lacking(line: str) -> tuple[str, ...]:
    """Return the words that mailfault has to say if this machine lacks what the command needs; empty if it lacks nothing."""
    installed = {adapter.name for adapter in known_adapters() if adapter.installed}
    for client in re.findall(r"--client ([a-z-]+)(?!\S)", line):
        if client not in installed:
            return f"--client {client}: ", "not installed"
    if "--sandbox always" in line or "--client postfix" in line:
        try:
            shared_sandbox()
        except NoSandbox:
            return ("sandbox",)
    return ()


def test_the_client_of_the_readme_is_judged(folder: Path) -> None:
    done = call("mailfault run 'connect/refused' 'control/plain' --client python:myclient:deliver", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert "2 unsupported" in done.stdout


PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "tests").rglob("*.md"), *(ROOT / "harness").rglob("*.md"))
    if "node_modules" not in path.parts
)


@pytest.mark.parametrize(
    "page", [*PAGES, *sorted((ROOT / "fake_servers").rglob("*.md"))], ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_pages_link_to_each_other() -> None:
    assert len(PAGES) >= 8
    assert re.search(r"\]\(CONTRIBUTING\.md\)", README)


def test_the_table_of_endings_is_complete() -> None:
    from mailfault.events import Ending

    assert [str(ending) for ending in Ending if f"`{ending}`" not in README] == []
