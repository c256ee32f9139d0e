"""The laws of the house, each one assertion."""

import ast
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = {
    "mailfault": ROOT / "harness" / "mailfault",
    "mailfault_servers": ROOT / "fake_servers" / "mailfault_servers",
}

# From the ground up. A package imports any floor below its own, and of its own only what NEIGHBOURS allows.
FLOORS = (
    ("mailfault_servers", "mailfault.errors", "mailfault.codes"),
    (
        "mailfault.contract",
        "mailfault.classify",
        "mailfault.scenario",
        "mailfault.reference_client",
        "mailfault.events",
        "mailfault.sandbox",
    ),
    (
        "mailfault.diagnosis",
        "mailfault.judging",
        "mailfault.clients",
        "mailfault.world",
        "mailfault.reports",
        "mailfault.scenarios",
    ),
    ("mailfault.play",),
    ("mailfault.pytest_plugin", "mailfault.cli", "mailfault.__main__"),
)
NEIGHBOURS = {
    ("mailfault.scenario", "mailfault.contract"),
    ("mailfault.reference_client", "mailfault.classify"),
    ("mailfault.codes", "mailfault_servers"),
    ("mailfault.codes", "mailfault.errors"),
    ("mailfault.__main__", "mailfault.cli"),
    ("mailfault.judging", "mailfault.diagnosis"),
}
# The same inside mailfault_servers, from the ground up: imports lead to lower floors only, never sideways.
SERVER_FLOORS = (
    ("action", "chance", "clock", "facts"),
    ("journal",),
    ("fault", "normal_form"),
    ("heartbeat", "network"),
    ("loop",),
    ("tcp", "tls"),
    ("dns",),
    ("https", "smtp", "udp"),
    ("proxy", "toxiproxy", "wire"),
)
PURE = (
    "harness/mailfault/diagnosis",
    "harness/mailfault/judging",
    "harness/mailfault/codes",
    "harness/mailfault/classify",
    "harness/mailfault/world/message.py",
    "harness/mailfault/world/mta_sts.py",
    "harness/mailfault/world/plan.py",
    "fake_servers/mailfault_servers/dns/responder.py",
    "fake_servers/mailfault_servers/dns/zone.py",
)
IMPURE_CALLS = {"open", "print", "input"}
IMPURE_MODULES = {"random", "time", "subprocess", "threading", "asyncio", "tempfile", "pathlib", "os", "shutil"}


def modules() -> Iterator[tuple[str, Path]]:
    for root in SHIPPED.values():
        for path in sorted((*root.rglob("*.py"), *root.glob("scenarios/**/*.py"))):
            if "programs" in path.parts:
                continue
            parts = path.relative_to(root.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def place(module: str) -> tuple[int, str] | None:
    for height, floor in enumerate(FLOORS):
        for package in floor:
            if module == package or module.startswith(package + "."):
                return height, package
    return None


def test_every_module_has_a_floor() -> None:
    homeless = [m for m, _ in modules() if m != "mailfault" and place(m) is None]
    assert not homeless


def test_no_arrow_runs_up() -> None:
    wrong = []
    for module, path in modules():
        here = place(module)
        if here is None:
            continue
        for other in imported(path):
            there = place(other)
            if there is None or there[1] == here[1]:
                continue
            if there[0] > here[0] or (there[0] == here[0] and (here[1], there[1]) not in NEIGHBOURS):
                wrong.append(f"{module} imports {other}")
    assert not wrong


def test_fake_servers_import_lower_floors_only() -> None:
    heights = {name: height for height, floor in enumerate(SERVER_FLOORS) for name in floor}
    package = "mailfault_servers."
    wrong, found = [], set()
    for module, path in modules():
        if not module.startswith(package):
            continue
        here = module.split(".")[1]
        found.add(here)
        for other in imported(path):
            there = other.removeprefix(package).split(".")[0]
            if other.startswith(package) and there != here and heights[there] >= heights[here]:
                wrong.append(f"{module} imports {other}")
    assert not wrong
    assert found == set(heights)


def test_no_modules_of_fake_servers_import_each_other() -> None:
    known = {module: path for module, path in modules() if module.startswith("mailfault_servers")}
    imports = {module: {other for other in imported(path) if other in known} for module, path in known.items()}
    try:
        assert list(graphlib.TopologicalSorter(imports).static_order())
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_fake_servers_know_nothing_of_the_harness() -> None:
    assert not [
        (m, o)
        for m, p in modules()
        if m.startswith("mailfault_servers")
        for o in imported(p)
        if o.split(".")[0] == "mailfault"
    ]


def test_the_relay_and_the_toxiproxy_server_do_not_know_each_other() -> None:
    relay, toxiproxy = "mailfault_servers.proxy", "mailfault_servers.toxiproxy"
    for module, path in modules():
        for own, other in ((relay, toxiproxy), (toxiproxy, relay)):
            if module.startswith(own):
                found = [name for name in imported(path) if name.startswith(other)]
                assert not found, f"{module} imports {found}"


def test_a_class_of_the_relay_and_one_of_the_toxiproxy_server_have_different_names() -> None:
    """Faults are apart: they are named for the toxics that they request."""
    names = [
        {
            node.name
            for path in (SHIPPED["mailfault_servers"] / package).glob("*.py")
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ClassDef)
        }
        for package in ("proxy", "toxiproxy")
    ]
    assert all(names)
    assert not set.intersection(*names)


def test_the_reference_client_does_not_know_the_harness() -> None:
    allowed = ("mailfault.reference_client", "mailfault.classify", "mailfault.codes")
    for module, path in modules():
        if module.startswith("mailfault.reference_client"):
            for other in imported(path):
                assert not other.startswith("mailfault.") or other.startswith(allowed), f"{module} imports {other}"


def test_clients_do_not_know_worlds_and_reports_do_not_know_clients() -> None:
    for module, path in modules():
        for other in imported(path):
            if module.startswith("mailfault.clients"):
                assert not other.startswith(("mailfault.world.world", "mailfault.judging")), f"{module} imports {other}"
            if module.startswith("mailfault.reports"):
                assert not other.startswith(("mailfault.clients", "mailfault.world.world")), f"{module} imports {other}"


@pytest.mark.parametrize("where", PURE)
def test_what_is_pure_stays_pure(where: str) -> None:
    files = sorted((ROOT / where).rglob("*.py")) if (ROOT / where).is_dir() else [ROOT / where]
    assert files
    for path in files:
        for name in imported(path):
            assert name.split(".")[0] not in IMPURE_MODULES, f"{path} imports {name}"
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in IMPURE_CALLS, f"{path}:{node.lineno} calls {node.func.id}"


def test_the_top_level_is_the_users() -> None:
    visible = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith((".", "__"))}
    built = {"build", "dist", "mailfault.egg-info", "venv"}
    assert visible - built == {"harness", "scenarios", "fake_servers", "tests", "ci"}


def test_no_module_is_long_without_a_reason() -> None:
    assert not [(p.name, n) for _, p in modules() if (n := len(p.read_text().splitlines())) > 400]


def test_no_function_is_long_without_a_reason() -> None:
    long = []
    for _, path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno
                body = node.end_lineno - node.lineno + 1
                doc = ast.get_docstring(node)
                if body - (len(doc.splitlines()) if doc else 0) > 50:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not long


def test_nothing_waits_for_readiness_by_sleeping() -> None:
    for module, path in modules():
        assert "time.sleep(" not in path.read_text(), module


def test_chance_has_one_source() -> None:
    for module, path in modules():
        if module != "mailfault_servers.chance":  # which makes it from a seed, always
            assert "random" not in {name.split(".")[0] for name in imported(path)}, f"{module} imports random"


def test_the_plugin_costs_nothing_when_unused() -> None:
    import subprocess

    asked = (
        "import sys, mailfault.pytest_plugin; "
        "print([m for m in sys.modules if m.startswith(('pydantic', 'mailfault_servers', 'aiosmtpd'))])"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout.strip() == "[]"
