"""Start-up: a verb imports what it needs, and no more."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def imported(*words: str) -> set[str]:
    """Return the modules that `mailfault` with these words has imported at its end."""
    script = (
        "import sys\n"
        f"sys.argv = ['mailfault', *{words!r}]\n"
        "import mailfault.cli\n"
        "try: mailfault.cli.main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print()\n"
        "print(' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def faults(modules: set[str]) -> set[str]:
    return {name for name in modules if ".faults." in name}


def test_the_version_needs_no_parser() -> None:
    modules = imported("--version")
    assert not modules & {"typer", "pydantic", "mailfault.cli.app", "mailfault_servers"}


def test_a_verb_is_imported_when_it_is_called() -> None:
    verbs = {name for name in imported("list", "control/plain") if name.startswith("mailfault.cli.")}
    assert verbs == {
        f"mailfault.cli.{name}" for name in ("app", "list", "options", "selection", "settings", "usage_error")
    }


@pytest.mark.parametrize("words", [("list",), ("list", "tag:tls"), ("list", "connect/refused", "--format=json")])
def test_a_list_of_shipped_scenarios_builds_none(words: tuple[str, ...]) -> None:
    modules = imported(*words)
    assert not modules & {"mailfault.scenario.model", "mailfault.scenario.loader", "mailfault_servers", "tomllib"}


def test_a_scenario_imports_its_own_faults() -> None:
    assert faults(imported("explain", "connect/refused")) == {"mailfault_servers.tcp.faults.refuse"}
    assert faults(imported("run", "connect/refused[route=mx]")) == {"mailfault_servers.tcp.faults.refuse"}
