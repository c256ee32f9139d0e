from collections.abc import Iterator

import pytest

from harness.sandbox.sandbox import Sandbox, SandboxWorld


@pytest.fixture
def world(sandbox: Sandbox) -> Iterator[SandboxWorld]:
    opened = sandbox.open_world()
    yield opened
    opened.close()
