"""Machines that lack a client, or a part of it: it is not installed, and the remedy is named."""

from pathlib import Path

import pytest

from mailfault.clients import ClientError, open_client
from mailfault.clients.build import ANGUS_MAIL, NODEMAILER, Recipe
from mailfault.clients.process.probe import Lack, check_program, probe
from mailfault.clients.registry import load_adapter

CURL = "curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1\nProtocols: {protocols}\nFeatures: {features}\n"
SWAKS = {
    "--version": "swaks version 20201014.0\n",
    "--support": "=== Basic AUTH supported\n=== IPv6 supported\n=== Socket Transport supported\n=== TLS supported\n",
}
MSMTP = (
    "msmtp version 1.8.23\nPlatform: x86_64-pc-linux-gnu\nTLS/SSL library: {tls}\nAuthentication library: built-in\n"
)
S_NAIL = "s-nail v14.9.24, 2022-03-27 (built for Linux)\n"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(path: Path, name: str, *shown: tuple[str, str], exits_with: int = 0) -> None:
    """Install a program that prints a text if one of its arguments is the word given."""
    cases = "".join(f"  *' {word} '*) printf '%s' {_quoted(text)};;\n" for word, text in shown)
    program = path / name
    program.write_text(f'#!/bin/sh\ncase " $* " in\n{cases}esac\nexit {exits_with}\n')
    program.chmod(0o755)


def _quoted(text: str) -> str:
    assert "'" not in text
    return f"'{text}'"


def missing(name: str) -> str | None:
    """Return what is missing. A client that is not installed cannot be opened, and the error names both."""
    info = load_adapter(name).info()
    if info.missing is None:
        assert info.installed
        open_client(name).close()
        return None
    assert not info.installed
    assert info.version is None
    assert info.how_to_install
    with pytest.raises(ClientError) as raised:
        open_client(name)
    reason = f"{info.missing}; to install: {info.how_to_install}"
    assert str(raised.value) == f"--client {name}: {name} is not installed: {reason}"
    return info.missing


@pytest.mark.parametrize("name", ["curl", "swaks", "msmtp", "s-nail", "perl-net-smtp"])
def test_a_program_that_is_not_on_the_path(name: str, path: Path) -> None:
    program = name if name != "perl-net-smtp" else "perl"
    assert missing(name) == f"there is no program {program!r} on the PATH"


@pytest.mark.parametrize(
    ("protocols", "features", "lacks"),
    [
        ("http https smtp smtps", "alt-svc AsynchDNS IPv6 SSL threadsafe", None),
        ("http https", "IPv6 SSL", "curl has no SMTP in this build"),
        ("http smtp", "IPv6 Largefile", "curl has no TLS in this build"),
    ],
)
def test_curl_is_built_without_a_part(protocols: str, features: str, lacks: str | None, path: Path) -> None:
    install(path, "curl", ("--version", CURL.format(protocols=protocols, features=features)))
    assert missing("curl") == lacks


@pytest.mark.parametrize(
    ("line", "lacks"),
    [
        ("", None),
        # Only a lookup of MX records needs it, and swaks is told its server.
        ("*** MX Routing not available: requires Net::DNS\n", None),
        ("*** TLS not available: requires Net::SSLeay\n", "swaks has no TLS: it needs Net::SSLeay"),
        ("*** IPv6 not available: requires IO::Socket::INET6\n", "swaks has no IPv6: it needs IO::Socket::INET6"),
    ],
)
def test_swaks_lacks_a_perl_module(line: str, lacks: str | None, path: Path) -> None:
    install(path, "swaks", ("--version", SWAKS["--version"]), ("--support", SWAKS["--support"] + line))
    assert missing("swaks") == lacks


@pytest.mark.parametrize(("tls", "lacks"), [("GnuTLS", None), ("none", "msmtp has no TLS in this build")])
def test_msmtp_is_built_without_tls(tls: str, lacks: str | None, path: Path) -> None:
    install(path, "msmtp", ("--version", MSMTP.format(tls=tls)))
    assert missing("msmtp") == lacks


@pytest.mark.parametrize(
    ("features", "lacks"),
    [
        ("+iconv,+smtp,+tls,-spam-spamc", None),
        ("+iconv,+smtp,-tls", "s-nail has no tls in this build"),
        ("-smtp,+tls", "s-nail has no smtp in this build"),
    ],
)
def test_s_nail_is_built_without_a_part(features: str, lacks: str | None, path: Path) -> None:
    install(path, "s-nail", ("--version", S_NAIL), ("xit", features))
    assert missing("s-nail") == lacks


PERL = probe(["perl", "-MNet::SMTP", "-MJSON::PP", "-e", "1"])


@pytest.mark.skipif(PERL.error is not None, reason=f"the real Perl is asked, and does not run here: {PERL.error}")
@pytest.mark.parametrize(
    ("module", "lacks"),
    [
        ("package IO::Socket::SSL; our $VERSION = '2.081'; 1;", None),
        ("die 'there is no Net::SSLeay';", "IO::Socket::SSL (2.007 or later)"),
        ("package IO::Socket::SSL; our $VERSION = '1.5'; 1;", "IO::Socket::SSL (2.007 or later)"),
    ],
)
def test_perl_lacks_io_socket_ssl(
    module: str, lacks: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "IO/Socket").mkdir(parents=True)
    (tmp_path / "IO/Socket/SSL.pm").write_text(module)
    monkeypatch.setenv("PERL5LIB", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    expected = f"its program does not run: perl: Perl has no module {lacks}" if lacks is not None else None
    assert missing("perl-net-smtp") == expected


@pytest.mark.parametrize(("recipe", "runtime"), [(NODEMAILER, "node"), (ANGUS_MAIL, "java")])
def test_a_build_needs_the_program_that_runs_it(
    recipe: Recipe, runtime: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    recipe.folder.mkdir(parents=True)
    assert missing(recipe.name) == f"there is no program {runtime!r} on the PATH"
    install(path, runtime, ("--version", "10.6.0"))
    assert missing(recipe.name) is None


@pytest.mark.parametrize("name", ["nodemailer", "go-smtp", "go-mail", "lettre", "angus-mail"])
def test_a_client_that_is_not_built(name: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for runtime in ("node", "java"):
        install(path, runtime)
    assert missing(name) == "it is not built here"


@pytest.mark.parametrize("name", ["go-smtp", "go-mail", "lettre"])
def test_a_build_without_its_program(name: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailfault.clients.build import RECIPES

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    RECIPES[name].folder.mkdir(parents=True)
    found = missing(name)
    assert found is not None
    assert found.startswith("its program does not run: there is no program")


NODE = probe(["node", "--version"])


@pytest.mark.skipif(NODE.error is not None, reason=f"the real Node.js is asked, and does not run here: {NODE.error}")
def test_nodemailer_without_node_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    NODEMAILER.folder.mkdir(parents=True)
    assert missing("nodemailer") == "its program does not run: node: Cannot find module 'nodemailer'"


@pytest.mark.parametrize("name", ["exim", "opensmtpd", "sendmail", "dma", "nullmailer"])
def test_an_agent_is_found_where_it_was_unpacked(
    name: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILFAULT_MTA_ROOT", str(tmp_path))
    program = {
        "exim": "usr/sbin/exim4",
        "opensmtpd": "usr/sbin/smtpd",
        "sendmail": "usr/libexec/sendmail/sendmail",
        "dma": "usr/sbin/dma",
        "nullmailer": "usr/sbin/nullmailer-send",
    }[name]
    if Path("/", program).exists():
        assert missing(name) is None
        return
    assert missing(name) == f"there is no program /{program}"
    (tmp_path / name / program).parent.mkdir(parents=True)
    install((tmp_path / name / program).parent, Path(program).name)
    assert missing(name) is None


# -- the probe itself


def test_a_probe_is_kept_for_the_same_environment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(path, "shown", ("--version", "1"))
    assert probe(["shown", "--version"]).output == "1"
    install(path, "shown", ("--version", "2"))
    assert probe(["shown", "--version"]).output == "1"
    monkeypatch.setenv("PERL5LIB", "/elsewhere")
    assert probe(["shown", "--version"]).output == "2"


def test_a_probe_tells_the_last_line_of_stderr(path: Path) -> None:
    install(path, "fails", exits_with=3)
    assert probe(["fails"]).error == "fails: exit status 3"
    (path / "fails").write_text("#!/bin/sh\necho first >&2\necho last >&2\nexit 1\n")
    assert probe(["fails", "again"]).error == "fails: last"


def test_a_program_that_shows_nothing_is_not_installed(path: Path) -> None:
    install(path, "mute")
    assert check_program("mute", version="x").missing == "mute --version shows nothing"


def test_a_version_that_is_not_found_is_unknown(path: Path) -> None:
    install(path, "other", ("--version", "unlike all before"))
    assert check_program("other", version=r"version (\S+)").version == "of unknown version"


def test_lacks() -> None:
    assert Lack(pattern="^no (.*)", missing="part {0}").found_in("a\nno TLS") == "part TLS"
    assert Lack(pattern="TLS", missing="TLS", absent=True).found_in("a\n") == "TLS"
    assert Lack(pattern="TLS", missing="TLS", absent=True).found_in("with tls") is None
