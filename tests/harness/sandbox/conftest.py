from collections.abc import Iterator

import pytest

from mailfault.sandbox.sandbox import NoSandbox, Sandbox, SandboxWorld


@pytest.fixture(scope="module")
def as_anybody() -> Iterator[Sandbox]:
    """A sandbox in a user namespace, even if the tests run as root."""
    try:
        made = Sandbox(as_anybody=True)
    except NoSandbox as reason:  # perhaps only root may
        pytest.skip(f"no user namespace here: {reason}")
    yield made
    made.close()


@pytest.fixture(params=["own rights", "user namespace"])
def world(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[SandboxWorld]:
    """A world with the rights of the test run, and another in a user namespace."""
    chosen = sandbox if request.param == "own rights" else request.getfixturevalue("as_anybody")
    opened = chosen.open_world()
    yield opened
    opened.close()
