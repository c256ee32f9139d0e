import os
from collections.abc import Iterator

import pytest

from harness.sandbox.sandbox import NoSandbox, Sandbox, SandboxWorld, shared_sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    """The machine's sandbox. Where it has to be there (MAILFAULT_NEEDS_SANDBOX, as in CI), that it is not is a failure."""
    try:
        return shared_sandbox()
    except NoSandbox as reason:
        if os.environ.get("MAILFAULT_NEEDS_SANDBOX"):
            raise
        pytest.skip(f"no sandbox here: {reason}")


@pytest.fixture
def world(sandbox: Sandbox) -> Iterator[SandboxWorld]:
    opened = sandbox.open_world()
    yield opened
    opened.close()
