"""Clients in other languages: their texts are read, their workers kept, their programs built."""

import sys
import textwrap
from pathlib import Path

import pytest

from mailfault.clients import build, known_adapters
from mailfault.clients.adapter import Adapter
from mailfault.clients.build import BuildError, Recipe
from mailfault.clients.client_profile import shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.process.library_worker import LibraryWorker, built_adapter
from mailfault.codes.failure import Failure
from mailfault.contract import Crashed, Declined, DeliveryResult, Outcome, Route, TlsPolicy
from mailfault.scenario.loader import find_scenario
from mailfault.world.plan import plan_world
from mailfault.world.world import World
from tests.support.answers import answer, target

_WORKER = """
import json, os, sys
if "--version" in sys.argv:
    print("1.2, of this test")
    sys.exit()
for line in sys.stdin:
    asked = json.loads(line)
    if "hello" in asked:
        said = {"hello": {"contract": 1}}
    else:
        text = open(sys.argv[1]).read().format(pid=os.getpid(), connect_to=asked["target"]["connect_to"])
        said = {"answer": {"outcome": "deferred", "text": text}}
    print(json.dumps(said), flush=True)
"""


@pytest.fixture
def says(tmp_path: Path) -> Path:
    """The text that the worker of `command` answers with."""
    return tmp_path / "says"


@pytest.fixture
def command(tmp_path: Path, says: Path) -> list[str]:
    program = tmp_path / "worker.py"
    program.write_text(textwrap.dedent(_WORKER))
    return [sys.executable, str(program), str(says)]


def told_to_deliver(client: LibraryWorker) -> DeliveryResult:
    with World(plan_world(find_scenario("control/plain[route=smart-host]"))) as world:
        return client.deliver(world.target, deadline_s=20)


@pytest.mark.parametrize(
    ("profile", "words", "failure"),
    [
        (
            "go_smtp",
            "stage: Dial\ntypes: *net.OpError > *os.SyscallError > syscall.Errno\nerrno: ECONNREFUSED\n"
            "error: dial tcp 198.18.0.10:25: connect: connection refused",
            "connection-refused",
        ),
        (
            "go_smtp",
            "stage: StartTLS\ntypes: *tls.CertificateVerificationError > x509.HostnameError\n"
            "error: tls: failed to verify certificate: x509: certificate is valid for a, not b",
            "certificate-invalid",
        ),
        (
            "go_mail",
            "stage: DialAndSend\ntypes: *fmt.wrapError > *textproto.Error\nreply: 502 5.5.1 Command not implemented\n"
            'error: dial failed: 502 "5.5.1 Command not implemented"',
            "cannot-connect",
        ),
        (
            "nodemailer",
            "code: EDNS\noriginalCode: ETIMEOUT\ncommand: CONN\nmessage: DNS lookup for mx1.dest.example timed out",
            "dns-query-failed",
        ),
        (
            "perl_net_smtp",
            "method: starttls\ncode: 220\nmessage: 220 2.0.0 Ready to start TLS\nerror: hostname verification failed",
            "certificate-invalid",
        ),
        (
            "lettre",
            'io: InvalidData\ninner: InvalidCertificate(NotValidForNameContext { expected: DnsName("a"), presented: [] })\n'
            "error: network error: invalid peer certificate: certificate not valid for name",
            "certificate-invalid",
        ),
        (
            "lettre",
            "io: WouldBlock\nerrno: 11\nerror: network error: Resource temporarily unavailable (os error 11)",
            "connection-closed",
        ),
        (
            "angus_mail",
            "at: protocolConnect > openServer > readServerResponse\n"
            "error: jakarta.mail.MessagingException: Exception reading response\n"
            "error: java.net.SocketTimeoutException: Read timed out",
            "connection-timed-out",
        ),
        (
            "angus_mail",
            "at: protocolConnect > startTLS\nerror: jakarta.mail.MessagingException: Could not convert socket to TLS\n"
            "error: javax.net.ssl.SSLHandshakeException: No subject alternative DNS name matching mx1.dest.example found.\n"
            "error: java.security.cert.CertificateException: No subject alternative DNS name matching a found.",
            "certificate-invalid",
        ),
    ],
)
def test_texts_of_libraries(profile: str, words: str, failure: str, says: Path, command: list[str]) -> None:
    says.write_text(words.replace("{", "{{").replace("}", "}}"))
    client = LibraryWorker("x", "x 1", command=command, profile=shipped_profile(profile))
    its = answer(told_to_deliver(client))
    client.close()
    assert (its.outcome, its.failure, its.text) == (Outcome.DEFERRED, Failure(failure), words)


def test_a_reply_of_several_lines_is_passed_on_whole() -> None:
    words = "method: to\ncode: 550\nmessage: 550 5.7.1 Blocked,\n550 5.7.1 see dest.example/unblock"
    its = shipped_profile("perl-net-smtp").read(0, words)
    assert its is not None
    assert (its.outcome, its.reply) == (Outcome.FAILED, "550 5.7.1 Blocked,\n550 5.7.1 see dest.example/unblock")


def test_words_that_no_rule_is_for_are_a_crash(says: Path, command: list[str]) -> None:
    says.write_text("the dog ate it")
    client = LibraryWorker("x", "x 1", command=command, profile=shipped_profile("go_smtp"))
    ended = told_to_deliver(client)
    client.close()
    assert isinstance(ended, Crashed)
    assert "the dog ate it" in ended.reason


def test_a_worker_is_kept_and_given_the_address(says: Path, command: list[str]) -> None:
    says.write_text("stage: Dial\nerror: {pid} {connect_to}")
    client = LibraryWorker("x", "x 1", command=command, profile=shipped_profile("go_smtp"))
    first, second = (answer(told_to_deliver(client)).text for _ in range(2))
    client.close()
    assert first == second
    assert first is not None
    assert first.endswith(" 127.0.0.10")


def test_a_library_without_mx_lookup_declines_route_mx(command: list[str]) -> None:
    client = LibraryWorker("x", "x 1", command=command, profile=shipped_profile("go_smtp"))
    by_mx = target(route=Route.MX, smart_host=None, tls=TlsPolicy.NONE)
    assert "no MX" in (client.supports("control/plain[route=mx]", by_mx) or "")
    with World(plan_world(find_scenario("control/plain[route=mx]"))) as world:
        assert isinstance(client.deliver(world.target, deadline_s=20), Declined)


def adapter_of(recipe: Recipe, command: list[str]) -> Adapter:
    return built_adapter(recipe, "a library", command=lambda built: command, needs="X")


def test_an_adapter_that_is_not_built_names_the_remedy(recipe: Recipe, command: list[str]) -> None:
    adapter = adapter_of(recipe, command)
    assert (adapter.info().installed, adapter.info().version) == (False, None)
    remedy = r"it is not built here; to install: python3 -m mailfault\.clients\.build go-smtp \(needs X\)"
    with pytest.raises(ClientError, match=remedy):
        adapter.open("", None)


def test_an_adapter_that_is_built_shows_its_version(recipe: Recipe, command: list[str]) -> None:
    build.build(recipe)
    adapter = adapter_of(recipe, command)
    assert (adapter.info().installed, adapter.info().version) == (True, "1.2, of this test")
    assert adapter.open("", None).name == "go-smtp 1.2, of this test"


def test_a_build_that_does_not_run_is_not_installed(recipe: Recipe, tmp_path: Path) -> None:
    build.build(recipe)
    gone = tmp_path / "gone"
    adapter = adapter_of(recipe, [str(gone)])
    assert adapter.info().missing == f"its program does not run: there is no program {str(gone)!r} on the PATH"
    broken = adapter_of(recipe, [sys.executable, "-c", "import sys; sys.exit('no libssl.so.3')"])
    assert (broken.info().missing or "").endswith("no libssl.so.3")


# -- building


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "PROGRAMS", tmp_path)
    (tmp_path / "source").write_text("one")
    return Recipe(name="go-smtp", sources=("source",), make=lambda made: made.mkdir())


def test_changed_sources_are_built_again(tmp_path: Path, recipe: Recipe) -> None:
    assert recipe.built() is None
    first = build.build(recipe)
    assert recipe.built() == first == build.build(recipe)
    (tmp_path / "source").write_text("two")
    assert recipe.built() is None
    assert build.build(recipe) != first


def test_a_build_that_fails_leaves_nothing(tmp_path: Path, recipe: Recipe) -> None:
    def fails(made: Path) -> None:
        made.mkdir()
        raise BuildError("no compiler")

    with pytest.raises(BuildError, match="no compiler"):
        build.build(Recipe(name="x-mail", sources=recipe.sources, make=fails))
    assert recipe.built() is None
    assert list((tmp_path / "cache" / "mailfault").iterdir()) == []


def test_a_missing_compiler_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recipe: Recipe, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(build, "RECIPES", {"go-mail": build.GO_MAIL})
    for source in build.GO_MAIL.sources:
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / source).write_text("x")
    assert build.main([]) == 1
    assert "go-mail is not built: there is no program 'go' on the PATH" in capsys.readouterr().err


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["cobol-mail"]) == 2
    assert "'cobol-mail'" in capsys.readouterr().err


@pytest.mark.parametrize("name", build.RECIPES)
def test_each_recipe_has_its_sources_and_an_adapter(name: str) -> None:
    assert all((build.PROGRAMS / source).is_file() for source in build.RECIPES[name].sources)
    (adapter,) = [adapter for adapter in known_adapters() if adapter.name == name]
    assert f"mailfault.clients.build {name}" in (adapter.how_to_install or "")


def test_a_cargo_lock_combines_pinned_versions_with_cargos_registry() -> None:
    own, crate = '[[package]]\nname = "own"\nversion = "0"\n', '[[package]]\nname = "x"\nversion = "1"\n'
    fresh = f'{own}{crate}source = "registry+somewhere"\nchecksum = "ff"\n'
    assert build.locked(f'{own}{crate}checksum = "ee"\n', like=fresh) == (
        f'{own}{crate}source = "registry+somewhere"\nchecksum = "ee"\n'
    )
    with pytest.raises(BuildError, match="names no registry"):
        build.locked(f'{own}{crate}checksum = "ee"\n', like=own)
