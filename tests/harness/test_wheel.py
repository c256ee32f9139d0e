"""What a stranger has who installed the wheel: built here, unpacked elsewhere, used from a folder of his own."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def call(*words: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON"))}
    return subprocess.run(
        [sys.executable, *map(str, words)], cwd=cwd, env={**kept, **environment}, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without any network: hatchling has to be there."""
    out = tmp_path_factory.mktemp("dist")
    done = call("-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder it was installed into; its dependencies are those of this Python."""
    target = tmp_path_factory.mktemp("installed")
    install = ("-m", "pip", "install", "--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check", "-q")
    done = call(*install, "--target", target, wheel, cwd=target)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """A folder with the files of the README: a client, a conftest that plugs it in, and tests."""
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, text in re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(text)
    assert {one.name for one in tmp_path.iterdir()} == {"myclient.py", "conftest.py", "test_delivery.py"}
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return tmp_path


def outcome(done: subprocess.CompletedProcess[str]) -> str:
    assert done.stdout.strip(), done.stderr
    return done.stdout.splitlines()[-1]


def test_the_wheel_has_what_it_needs_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    stories = {f"mailfault/{path.relative_to(ROOT)}" for path in (ROOT / "scenarios").rglob("*.toml")}
    assert len(stories) > 50
    harness = ROOT / "harness"
    profiles = {str(path.relative_to(harness)) for path in harness.glob("mailfault/clients/adapters/*.toml")}
    assert len(profiles) >= 4
    typed = {f"{package}/py.typed" for package in ("mailfault", "mailfault_servers")}
    code_maps = {str(path.relative_to(harness)) for path in harness.glob("mailfault/codes/code_maps/*.toml")}
    assert len(code_maps) >= 2
    assert stories | profiles | code_maps | typed | {"mailfault/scenarios/scenario.schema.json"} <= names
    (metadata,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
    assert {name.split("/")[0] for name in names} == {"mailfault", "mailfault_servers", metadata.split("/")[0]}
    assert not [name for name in names if "__pycache__" in name]


def test_a_stranger_runs_a_shipped_story_in_pytest(installed: Path, stranger: Path) -> None:
    story = installed / "mailfault" / "scenarios" / "connect" / "refused.toml"
    words = ("-m", "pytest", "-p", "no:cacheprovider", "-v")
    done = call(*words, "--mail-client", "smtplib", story, cwd=stranger, PYTHONPATH=str(installed))
    assert "2 passed" in outcome(done), done.stdout + done.stderr


@pytest.mark.slow
def test_the_readmes_pytest_commands_run(installed: Path, stranger: Path) -> None:
    (stranger / "stories").mkdir()
    shutil.copy(installed / "mailfault" / "scenarios" / "connect" / "refused.toml", stranger / "stories")
    readme = (ROOT / "README.md").read_text("utf-8")
    lines = re.findall(r"^(?:.*`)?(pytest --mail[^`\n]*)", readme, re.MULTILINE)
    assert len(lines) == 3
    for line in lines:
        words = ("-m", *line.split(), "-p", "no:cacheprovider", "-k", "connect/refused or stories")
        done = call(*words, cwd=stranger, PYTHONPATH=str(installed))
        assert "1 passed" in outcome(done), f"{line}\n{done.stdout}\n{done.stderr}"
        assert "1 skipped" in outcome(done), "the README's client knows no MX"


def test_the_readmes_tests_pass_with_it(installed: Path, stranger: Path) -> None:
    (stranger / "test_where.py").write_text(
        "import mailfault, mailfault_servers, mailfault.scenarios\n"
        "from pathlib import Path\n"
        "def test_it_is_the_wheel():\n"
        f"    for one in (mailfault, mailfault_servers, mailfault.scenarios):\n"
        f"        assert Path(one.__file__).is_relative_to({str(installed)!r})\n"
    )
    done = call("-m", "pytest", "-p", "no:cacheprovider", cwd=stranger, PYTHONPATH=str(installed))
    assert outcome(done).strip("= ").startswith("3 passed in"), done.stdout + done.stderr


def test_a_stranger_runs_it_from_the_command_line(installed: Path, stranger: Path) -> None:
    words = ("-m", "mailfault", "run", "control/plain", "--client", "python:myclient:deliver")
    done = call(*words, cwd=stranger, PYTHONPATH=str(installed))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
