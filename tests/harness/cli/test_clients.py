from typing import Any


def test_what_there_is(mailfault: Any) -> None:
    told = mailfault("clients")
    assert told.exit_code == 0, told.output
    first = [line.split()[0] for line in told.stdout.splitlines() if not line.startswith(" ")]
    assert {"reference", "smtplib", "aiosmtplib", "curl", "python:...", "command:...", "worker:..."} <= set(first)
