"""Everything here that takes `engine` is asked of both: of the server of this project, and of Toxiproxy's own."""

from collections.abc import Iterator

import pytest

from tests.fake_servers.toxiproxy.engine import Engine, embedded_engine, real_engine
from tests.fake_servers.toxiproxy.real_server import may_be_had, real_server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Where Toxiproxy's own server cannot be had, one test says so (test_real_server.py), and not each of them."""
    if "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", ["embedded", "real"] if may_be_had() else ["embedded"], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "embedded":
        with embedded_engine() as made:
            yield made
        return
    program, why_not = real_server()
    if program is None:
        pytest.skip(why_not)
    with real_engine(program) as made:
        yield made


@pytest.fixture
def embedded() -> Iterator[Engine]:
    with embedded_engine() as made:
        yield made
