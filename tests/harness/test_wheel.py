"""The wheel as a user has it: built here, installed elsewhere, used from a project of the user's own."""

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
OWN_PACKAGES = ("harness", "scenarios", "fake_servers", "tests")
"""Names that a user's project may give its packages, whatever this repository calls its folders."""


def call(
    *words: str | Path, cwd: Path, python: str | Path = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON"))}
    return subprocess.run(
        [python, *map(str, words)], cwd=cwd, env={**kept, **environment}, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network by the installed hatchling."""
    out = tmp_path_factory.mktemp("dist")
    done = call("-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel was installed into; its dependencies are those of this Python."""
    target = tmp_path_factory.mktemp("installed")
    install = ("-m", "pip", "install", "--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check", "-q")
    done = call(*install, "--target", target, wheel, cwd=target)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a virtual environment with the wheel, and with the dependencies of this Python."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / "bin" / "python"
    pip = ("-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--disable-pip-version-check", "-q")
    done = call(*pip, wheel, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (packages,) = folder.glob("lib/*/site-packages")
    paths = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (packages / "dependencies.pth").write_text(
        "\n".join(paths)
    )  # its own .pth files, an editable install, do not count
    script = folder / "bin" / "pytest"
    script.write_text(f"#!{python}\nimport sys\nfrom pytest import console_main\nsys.exit(console_main())\n")
    script.chmod(0o755)
    return folder / "bin"


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """A folder with the files of the README: a client, a conftest that plugs it in, and tests."""
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, text in re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(text)
    assert {path.name for path in tmp_path.iterdir()} == {"myclient.py", "conftest.py", "test_delivery.py"}
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return tmp_path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose packages are named as the folders of this repository. It does not use mailfault."""
    for name in OWN_PACKAGES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"OWNER = 'the user: {name}'\n")
    (tmp_path / "harness" / "contract.py").write_text("PRICE = 7\n")
    (tmp_path / "conftest.py").write_text(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    loaded = sorted(name for name in sys.modules if name.startswith(('mailfault', 'pydantic', 'aiosmtpd')))\n"
        "    sys.stderr.write('loaded: ' + ' '.join(loaded) + '\\n')\n"
    )
    (tmp_path / "tests" / "test_own.py").write_text(
        "import fake_servers, harness.contract, scenarios, tests\n"
        "def test_own_packages():\n"
        "    assert harness.contract.PRICE == 7\n"
        "    for package in (fake_servers, harness, scenarios, tests):\n"
        "        assert package.OWNER == f'the user: {package.__name__}'\n"
    )
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
        f"    for package in (mailfault, mailfault_servers, mailfault.scenarios):\n"
        f"        assert Path(package.__file__).is_relative_to({str(installed)!r})\n"
    )
    done = call("-m", "pytest", "-p", "no:cacheprovider", cwd=stranger, PYTHONPATH=str(installed))
    assert outcome(done).strip("= ").startswith("3 passed in"), done.stdout + done.stderr


def test_a_stranger_runs_it_from_the_command_line(installed: Path, stranger: Path) -> None:
    words = ("-m", "mailfault", "run", "control/plain", "--client", "python:myclient:deliver")
    done = call(*words, cwd=stranger, PYTHONPATH=str(installed))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_it_installs_no_top_level_name_but_its_own(environment: Path) -> None:
    (packages,) = environment.parent.glob("lib/*/site-packages")
    names = {path.name for path in packages.iterdir()} - {"dependencies.pth"}
    assert names
    assert [name for name in sorted(names) if "mailfault" not in name] == []


@pytest.mark.parametrize(
    ("words", "ini"),
    [(["pytest"], ""), (["python", "-m", "pytest"], ""), (["pytest"], 'pythonpath = ["."]')],
    ids=["pytest", "python -m pytest", "pythonpath"],
)
def test_a_project_with_packages_of_the_same_names_is_left_alone(
    environment: Path, project: Path, words: list[str], ini: str
) -> None:
    (project / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\nfilterwarnings = ['error']\n{ini}\n")
    program, *rest = words
    done = call(*rest, "-p", "no:cacheprovider", cwd=project, python=environment / program)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in outcome(done)
    (loaded,) = (line for line in done.stderr.splitlines() if line.startswith("loaded: "))
    assert loaded == "loaded: mailfault mailfault.pytest_plugin mailfault.pytest_plugin.fixtures"


@pytest.mark.parametrize("words", [["pytest"], ["python", "-m", "pytest"]], ids=" ".join)
def test_such_a_project_can_use_the_fixtures(environment: Path, project: Path, words: list[str]) -> None:
    (project / "tests" / "test_mail.py").write_text(
        "from pathlib import Path\n"
        "import harness, mailfault\n"
        "from mailfault_servers.tcp.faults.refuse import Refuse\n"
        "def test_play(play):\n"
        "    assert play('connect/refused[route=smart-host]').ending == 'passed'\n"
        "    assert harness.OWNER and 'environment' in mailfault.__file__\n"
        "def test_world(mail_world):\n"
        "    assert mail_world(Refuse()).target.recipients == ('user@dest.example',)\n"
    )
    program, *rest = words
    done = call(*rest, "-p", "no:cacheprovider", cwd=project, python=environment / program)
    assert "3 passed" in outcome(done), done.stdout + done.stderr


def test_the_module_and_the_command_run_a_shipped_scenario(environment: Path, project: Path) -> None:
    for program, *words in (("python", "-m", "mailfault"), ("mailfault",)):
        done = call(*words, "run", "control/plain", cwd=project, python=environment / program)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "2 passed" in done.stdout
