"""Each layer of faults has its tables of a scenario, and old ids of faults are still read."""

import subprocess
import sys

import pytest

from mailfault.scenario.layers import LAYERS, layer_of, layers_of
from mailfault.scenario.model import Host
from mailfault_servers import fault
from mailfault_servers.fault import Fault


def test_every_layer_has_its_row() -> None:
    assert set(LAYERS) == set(fault.LAYERS)


@pytest.mark.parametrize(
    ("table", "layers"),
    [
        ("dns", {"dns", "udp"}),
        ("sts", {"https", "tcp", "tls"}),
        ("host", {"wire", "tcp", "proxy", "tls", "smtp"}),
    ],
)
def test_the_layers_of_a_table(table: str, layers: set[str]) -> None:
    assert set(layers_of(table)) == layers  # type: ignore[arg-type]  # parametrised


def test_a_fault_of_nobody_s_package_stands_at_a_host() -> None:
    class Own(Fault):
        """A fault that a user wrote."""

    assert layer_of(Own).tables == ("host",)


def test_an_old_id_in_a_file_becomes_the_new_one() -> None:
    host = Host.model_validate({"name": "mx1.dest.example", "faults": [{"use": "tls.demanded"}]})
    assert [fault.describe() for fault in host.faults] == [{"use": "smtp.starttls-demanded"}]


def test_loading_one_scenario_imports_only_its_faults() -> None:
    code = (
        "import sys; from mailfault.scenario.loader import find_scenario; find_scenario('connect/refused[route=mx]'); "
        "print(*(name for name in sys.modules if '.faults.' in name))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["mailfault_servers.tcp.faults.refuse"]
