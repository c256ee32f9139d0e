"""Whether all of this is asked of Toxiproxy's own server too."""

import pytest

from tests.fake_servers.toxiproxy.engine import real_engine
from tests.fake_servers.toxiproxy.real_server import real_server


def test_toxiproxy_itself_is_there() -> None:
    program, why_not = real_server()
    if program is None:
        pytest.skip(f"only the embedded server is asked: {why_not}")
    with real_engine(program) as engine:
        assert engine.ask("GET", "/version").status == 200
