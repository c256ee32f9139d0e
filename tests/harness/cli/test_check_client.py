from typing import Any


def test_an_adapter_that_works(mailfault: Any) -> None:
    told = mailfault("check-client", "--client", "reference")
    assert told.exit_code == 0, told.output
    assert "  FAIL  " not in told.stdout
    assert "The adapter works" in told.stdout


def test_an_adapter_that_does_not(mailfault: Any) -> None:
    told = mailfault("check-client", "--client", "python:ownclients:nonsense")
    assert told.exit_code == 1, told.output
    assert "  FAIL  " in told.stdout


def test_a_client_that_cannot_be_had(mailfault: Any) -> None:
    told = mailfault("check-client", "--client", "python:ownclients:no_such_function")
    assert told.exit_code == 2
    assert "no_such_function" in told.stderr
