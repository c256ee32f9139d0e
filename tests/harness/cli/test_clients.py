from typing import Any

import pytest


def test_what_there_is(mailfault: Any) -> None:
    told = mailfault("clients")
    assert told.exit_code == 0, told.output
    first = [line.split()[0] for line in told.stdout.splitlines() if not line.startswith(" ")]
    assert {"reference", "smtplib", "aiosmtplib", "curl", "python:...", "command:...", "worker:..."} <= set(first)


def test_a_missing_client_is_listed_with_its_remedy(mailfault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    listed = mailfault("clients").stdout.splitlines()
    (row,) = [number for number, line in enumerate(listed) if line.startswith("msmtp ")]
    assert "not installed" in listed[row]
    assert listed[row + 1].strip() == "there is no program 'msmtp' on the PATH; to install: apt-get install msmtp"
