from pathlib import Path

import pytest

from mailfault.cli.settings import Settings, SettingsError, read_settings


def written(folder: Path, text: str) -> Path:
    (folder / "mailfault.toml").write_text(text)
    return folder


def test_no_file_is_no_settings(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings()


def test_everything_that_can_be_set(tmp_path: Path) -> None:
    text = 'client = "smtplib"\nclient_profile = "a.toml"\nprofile = "rfc3463"\njobs = 3\nscenarios = "stories"\nsandbox = "never"\n'
    assert read_settings(written(tmp_path, text)) == Settings(
        client=("smtplib",),
        client_profile=tmp_path / "a.toml",
        profile="rfc3463",
        jobs=3,
        scenarios=tmp_path / "stories",
        sandbox="never",
    )


@pytest.mark.parametrize(
    ("named", "read"), [("./venv", "{}/venv"), ("venv", "{}/venv"), ("python3.12", "python3.12"), ("/opt/p", "/opt/p")]
)
def test_the_interpreter_is_relative_to_the_file_or_a_program(tmp_path: Path, named: str, read: str) -> None:
    (tmp_path / "venv").mkdir()
    settings = read_settings(written(tmp_path, f'python = "{named}"\nin_process = true'))
    assert (settings.python, settings.in_process) == (read.format(tmp_path), True)


def test_several_clients(tmp_path: Path) -> None:
    assert read_settings(written(tmp_path, 'client = ["smtplib", "curl"]')).client == ("smtplib", "curl")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clients = 1", "unknown key 'clients'; did you mean 'client'?"),
        ("zzz = 1", "unknown key 'zzz'; known are client, client_profile, python, in_process, profile, jobs"),
        ("client = 1", "client = 1 is wrong"),
        ("client = ['']", "client = [''] is wrong"),
        ("jobs = 0", "jobs = 0 is wrong; it has to be a whole number from 1"),
        ("jobs = true", "jobs = True is wrong"),
        ("profile = 7", "profile = 7 is wrong; it has to be a string"),
        ("sandbox = true", 'sandbox = True is wrong; it has to be "auto", "always" or "never"'),
        ("client =\n", "is not TOML: Invalid value (at line 1"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings(written(tmp_path, text))
    assert said in str(raised.value)
    assert str(tmp_path / "mailfault.toml") in str(raised.value)
