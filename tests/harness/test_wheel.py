"""The wheel works for a stranger who has nothing but it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from a copy of what git knows (or would know)."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_all_that_is_needed(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "scenarios/connect/refused.toml",
        "scenarios/scenario.schema.json",
        "harness/clients/curl.toml",
        "harness/py.typed",
        "fake_servers/py.typed",
    ):
        assert needed in names
    assert not [name for name in names if name.startswith("tests/")]


def test_a_stranger_uses_it(wheel: Path, tmp_path: Path) -> None:
    site, folder = tmp_path / "site", tmp_path / "stranger"
    folder.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    (folder / "test_mine.py").write_text(
        "import harness\n\n"
        "def test_where_it_comes_from():\n"
        f"    assert harness.__file__.startswith({str(site)!r})\n\n"
        "def test_a_story(play):\n"
        "    play('connect/refused[route=mx]')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    shipped = str(site / "scenarios" / "connect" / "refused.toml")
    tested = call("pytest", "-q", "-p", "no:cacheprovider", "--mail-client", "smtplib", shipped, "test_mine.py")
    assert "4 passed" in tested.stdout, tested.stdout + tested.stderr
    played = call("harness", "run", "connect/refused")
    assert played.returncode == 0, played.stdout + played.stderr
    assert "2 passed" in played.stdout
