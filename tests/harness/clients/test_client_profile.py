from dataclasses import replace
from pathlib import Path

import pytest

from mailfault.clients import ClientError
from mailfault.clients.client_profile import ClientProfile, read_client_profile, shipped_profile
from mailfault.contract import Outcome, Route, Target, TlsPolicy


def read(tmp_path: Path, text: str) -> ClientProfile:
    file = tmp_path / "client.toml"
    file.write_text(text)
    return read_client_profile(file)


def test_all_mistakes_at_once_with_their_keys(tmp_path: Path) -> None:
    with pytest.raises(ClientError) as raised:
        read(
            tmp_path,
            'colour = "red"\n'
            '[[unsupported]]\nbecause = "no condition at all"\n'
            '[[answer]]\nexit = 1\noutcome = "sent"\nbecause = "see its manual"\n'
            '[[answer]]\npattern = \'(\'\noutcome = "failed"\nbecause = "see its manual"\n'
            '[[answer]]\npattern = \'(?P<host>x)\'\noutcome = "failed"\nbecause = "see its manual"\n',
        )
    said = str(raised.value)
    for part in (
        "client.toml",
        "colour",
        "no such key here",
        "unsupported[0]: say what is not supported",
        "answer[0].outcome (is 'sent')",
        "answer[1].pattern (is '('): is no regular expression",
        "unknown group 'host'; known are code",
    ):
        assert part in said


@pytest.mark.parametrize("text", ["name = ", b"\xff\xfe".decode("latin-1") + "= 1"])
def test_no_toml(tmp_path: Path, text: str) -> None:
    with pytest.raises(ClientError, match="is not TOML"):
        read(tmp_path, text)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="No such file"):
        read_client_profile(tmp_path / "none.toml")


def test_unsupported_by_globs_and_settings(tmp_path: Path, target: Target) -> None:
    profile = read(
        tmp_path,
        '[[unsupported]]\nscenarios = ["dns/*", "connect/refused"]\nbecause = "by its name"\n'
        '[[unsupported]]\nroute = "mx"\ntls = ["verified", "required"]\nbecause = "both must fit"\n'
        '[[unsupported]]\ncrl = true\nbecause = "looks at no list"\n',
    )
    assert profile.why_not("dns/nxdomain", target) == "by its name"
    assert profile.why_not("connect/refused[route=mx]", target) == "by its name"
    assert profile.why_not("connect/refused-second", target) is None
    assert profile.why_not("tls/x", replace(target, route=Route.MX)) is None
    assert profile.why_not("tls/x", replace(target, route=Route.MX, tls=TlsPolicy.VERIFIED)) == "both must fit"
    assert profile.why_not("tls/x", replace(target, crl_file=Path("x"))) == "looks at no list"


def test_first_matching_rule_decides_and_groups_fill_in(tmp_path: Path) -> None:
    profile = read(
        tmp_path,
        "[[answer]]\nexit = [75, 76]\n"
        "pattern = '^said (?P<reply>(?P<code>[45]\\.\\d\\.\\d).*) by (?P<server_address>\\S+)$'\n"
        'outcome = "deferred"\nfailure = "remote-reply"\nbecause = "its own words"\n'
        '[[answer]]\nexit = 75\noutcome = "failed"\nbecause = "nothing else is known"\n',
    )
    answer = profile.read(75, "noise\nsaid 4.2.1 full by 127.0.0.10\nnoise")
    assert answer is not None
    assert answer.server is not None
    assert (answer.outcome, answer.code, answer.reply) == (Outcome.DEFERRED, "4.2.1", "4.2.1 full")
    assert answer.server.address == "127.0.0.10"
    other = profile.read(75, "something else")
    assert other is not None
    assert (other.outcome, other.text) == (Outcome.FAILED, "something else")
    assert profile.read(76, "something else") is None


@pytest.mark.parametrize("name", ["reference", "smtplib", "aiosmtplib", "curl"])
def test_shipped_profiles_can_be_read(name: str) -> None:
    assert shipped_profile(name).name == name
