import os

import pytest

from mailfault.sandbox.sandbox import NoSandbox, Sandbox, shared_sandbox

pytest_plugins = ["pytester"]


@pytest.fixture
def sandbox() -> Sandbox:
    """The machine's sandbox. Where it has to be there (MAILFAULT_NEEDS_SANDBOX, as in CI), that it is not is a failure."""
    try:
        return shared_sandbox()
    except NoSandbox as reason:
        if os.environ.get("MAILFAULT_NEEDS_SANDBOX"):
            raise
        pytest.skip(f"no sandbox here: {reason}")
