import pytest


@pytest.fixture
def steady_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that never stalls: for tests that count plays, which a busy machine would repeat."""
    monkeypatch.setattr("mailfault.play.retry.longest_pause_s", lambda since_s: 0.0)
