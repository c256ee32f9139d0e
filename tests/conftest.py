import os
from collections.abc import Iterable

import pytest

from mailfault.sandbox.sandbox import NoSandbox, Sandbox, shared_sandbox
from tests.support.catalogue import Catalogue, play_catalogue

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The whole catalogue, played once by the reference client. Its tests share one worker (see below)."""
    return play_catalogue(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture
def sandbox() -> Sandbox:
    """The machine's sandbox. Skip where it cannot be had; fail instead if MAILFAULT_NEEDS_SANDBOX is set, as in CI."""
    try:
        return shared_sandbox()
    except NoSandbox as reason:
        if os.environ.get("MAILFAULT_NEEDS_SANDBOX"):
            raise
        pytest.skip(f"no sandbox here: {reason}")


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark tests by the fixtures they use; keep those that share the played catalogue on one worker."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "catalogue" in fixtures:
            item.add_marker(pytest.mark.xdist_group("catalogue"))
        if "sandbox" in fixtures:
            item.add_marker(pytest.mark.sandbox)
