from pathlib import Path

import pytest

from mailfault.clients import ClientError, known_adapters, open_client
from mailfault.contract import Target


def test_every_adapter_describes_itself() -> None:
    known = {adapter.name: adapter for adapter in known_adapters()}
    assert set(known) >= {"reference", "python", "command", "worker", "smtplib", "aiosmtplib", "curl"}
    assert list(known) == sorted(known)
    for adapter in known.values():
        assert adapter.what
        assert adapter.installed or (adapter.missing and adapter.how_to_install)


@pytest.mark.parametrize("spec", ["reference", "smtplib", "aiosmtplib"])
def test_ready_adapters_open(spec: str) -> None:
    client = open_client(spec)
    assert client.spec == spec
    assert client.name.startswith(spec)
    client.close()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("smtp-lib", "there is no adapter 'smtp-lib' (in --client 'smtp-lib'); did you mean 'smtplib'?"),
        ("./send", "known are aiosmtplib, angus-mail, command:..., curl"),
        ("", "known are aiosmtplib"),
        ("python", "write it like python:package.module:function"),
        ("smtplib:fast", "smtplib takes nothing after the colon"),
    ],
)
def test_unknown_client(spec: str, said: str) -> None:
    with pytest.raises(ClientError) as raised:
        open_client(spec)
    assert said in str(raised.value)


def test_own_profile_replaces_the_shipped_one(tmp_path: Path, target: Target) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[[unsupported]]\nscenarios = "*"\nbecause = "not today, thank you"\n')
    client = open_client("smtplib", profile_file=file)
    assert client.supports("control/plain", target) == "not today, thank you"


def test_missing_curl_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ClientError, match="apt-get install curl"):
        open_client("curl")
