"""The plugin, in a stranger's folder: pytest is started as that stranger would."""

from pathlib import Path

import pytest

from harness.scenario.loader import SHIPPED

REFUSED = (SHIPPED / "connect" / "refused.toml").read_text("utf-8")
EHLO_421 = (SHIPPED / "smtp" / "ehlo-421.toml").read_text("utf-8")


@pytest.fixture
def stranger(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with two scenario files, a pyproject.toml, and nothing else."""
    for place, text in (("connect/refused", REFUSED), ("smtp/ehlo-421", EHLO_421)):
        path = pytester.path / "scenarios" / f"{place}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (pytester.path / "scenarios" / "other.toml").write_text('[tool]\nname = "not a scenario"\n')
    (pytester.path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    return pytester


def run(stranger: pytest.Pytester, *words: str) -> pytest.RunResult:
    return stranger.runpytest_subprocess("-p", "no:cacheprovider", *words)


def test_scenario_files_are_tests(stranger: pytest.Pytester) -> None:
    result = run(stranger, "--mail-client", "reference", "scenarios/", "-v")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*scenarios/connect/refused.toml::connect/refused[[]route=mx[]] PASSED*"])


def test_without_a_client_nothing_is_collected(stranger: pytest.Pytester) -> None:
    assert run(stranger, "scenarios/").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_shortfall_tells_the_whole_story(stranger: pytest.Pytester) -> None:
    result = run(stranger, "--mail-client", "smtplib", "scenarios/", "-x")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "misclassified*smtp/ehlo-421*",
            "*expected*450 4.4.317 cannot-connect",
            "*happened*answered EHLO with 421*",
            "*client*connection-closed*",
            "*S: 421 4.3.2 Service not available*smtp.reply",
            "*repeat*pytest *smtp/ehlo-421*--mail-client=smtplib",
            "*mailfault run *smtp/ehlo-421*--client=smtplib*",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_choosing_and_reporting_work_as_with_any_test(stranger: pytest.Pytester) -> None:
    run(stranger, "--mail-client", "reference", "scenarios/", "-k", "refused and mx").assert_outcomes(
        passed=1, deselected=3
    )
    result = run(stranger, "--mail-client", "smtplib", "scenarios/", "--junitxml", "out.xml", "-n", "2")
    result.assert_outcomes(passed=2, failed=2)
    written = (stranger.path / "out.xml").read_text()
    assert 'tests="4"' in written
    assert "answered EHLO with 421" in written


def test_what_a_client_declares_unsupported_is_skipped_with_its_reason(stranger: pytest.Pytester) -> None:
    stranger.makepyfile(
        myclient="""
        from harness.contract import Unsupported

        def deliver(target):
            raise Unsupported("no mail before noon")
        """
    )
    result = run(stranger, "--mail-client", "python:myclient:deliver", "scenarios/connect", "-rs")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(["*no mail before noon*"])


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ("smptlib", "*did you mean 'smtplib'*"),
        ("python:nowhere:deliver", "*no module 'nowhere'*"),
        ("command:./nope", "*no file ./nope*"),
    ],
)
def test_a_client_that_cannot_be_had_is_wrong_usage(stranger: pytest.Pytester, client: str, words: str) -> None:
    result = run(stranger, "--mail-client", client, "scenarios/")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {words}"])


def test_a_broken_scenario_file_is_one_clear_error(stranger: pytest.Pytester) -> None:
    (stranger.path / "scenarios" / "connect" / "refused.toml").write_text(REFUSED.replace("tcp.refuse", "tcp.refus"))
    result = run(stranger, "--mail-client", "reference", "scenarios/")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*refused.toml: host[[]1[]].faults[[]1[]]: there is no fault 'tcp.refus'*tcp.refuse*"])
    assert "Traceback" not in result.stdout.str()


CONFTEST = """
    import pytest
    from harness.contract import Answer, Outcome

    def refuses_everything(target):
        return {"outcome": "deferred", "failure": "connection-refused"}

    @pytest.fixture(scope="session")
    def mail_client():
        return CLIENT
"""


@pytest.mark.parametrize("client", ['"smtplib"', "refuses_everything"])
def test_a_conftest_may_override_the_client(stranger: pytest.Pytester, client: str) -> None:
    """The override holds for fixtures and for collected files; the callable never connects, so nothing passes."""
    stranger.makeconftest(CONFTEST.replace("CLIENT", client))
    stranger.makepyfile(
        """
        def test_one(play):
            play("connect/refused[route=mx]")
        """
    )
    result = run(stranger, "--mail-client", "reference", ".")
    if client == '"smtplib"':
        result.assert_outcomes(passed=3, failed=2)
    else:
        result.assert_outcomes(failed=5)
        result.stdout.fnmatch_lines(["*not-reached*connect/refused*"])


def test_a_client_object_may_be_given(stranger: pytest.Pytester) -> None:
    stranger.makeconftest(
        """
        import pytest
        from harness.clients import open_client

        @pytest.fixture(scope="session")
        def mail_client():
            client = open_client("reference")
            yield client
            client.close()
        """
    )
    stranger.makepyfile(
        """
        from harness.scenario.loader import find_scenario

        def test_an_id(play):
            assert play("connect/refused[route=mx]").ending == "passed"

        def test_an_object(play):
            finished = play(find_scenario("smtp/ehlo-421[route=mx]"))
            assert finished.answer["failure"] == "cannot-connect"
        """
    )
    run(stranger).assert_outcomes(passed=2)


def test_a_world_is_built_in_python(stranger: pytest.Pytester) -> None:
    stranger.makepyfile(
        """
        import smtplib
        import socket

        import pytest

        from fake_servers.smtp.faults.reply import Replies
        from fake_servers.tcp.faults.refuse import Refuses
        from fake_servers.dns.faults.servfail import ServerFailure

        def test_refused(mail_world):
            world = mail_world(Refuses())
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.10", world.target.smtp_port), 5)

        def test_two_attempts(mail_world):
            world = mail_world(Replies(at="mail", reply="451 4.3.0 Later", attempts=(1,)))
            where = ("127.0.0.10", world.target.smtp_port)

            def send():
                with smtplib.SMTP(*where, local_hostname="c.example", timeout=5) as smtp:
                    smtp.sendmail("a@c.example", world.target.recipients, world.target.message)

            with pytest.raises(smtplib.SMTPSenderRefused):
                send()
            assert str(world.diagnose().reply) == "451 4.3.0 Later"
            assert world.next_attempt().attempt == 2
            send()
            assert world.diagnose().delivered

        def test_settings(mail_world):
            world = mail_world(ServerFailure(), route="mx", tls="verified", crl=True)
            assert world.target.crl_file.is_file()
            assert world.diagnose().happened is False

        def test_a_wrong_setting(mail_world):
            with pytest.raises(ValueError, match="carrier-pigeon"):
                mail_world(route="carrier-pigeon")
        """
    )
    run(stranger, "-W", "error").assert_outcomes(passed=4)


def test_nothing_is_imported_where_nothing_is_used(stranger: pytest.Pytester) -> None:
    stranger.makepyfile(
        """
        import sys

        def test_nothing():
            heavy = ("pydantic", "fake_servers", "aiosmtpd", "dns", "harness.clients")
            assert [name for name in sys.modules if name.startswith(heavy)] == []
        """
    )
    run(stranger).assert_outcomes(passed=1)


def test_a_file_is_played_by_its_path(stranger: pytest.Pytester) -> None:
    single = stranger.path / "mine.toml"
    single.write_text(REFUSED.replace('["smart-host", "mx"]', '"mx"'))
    stranger.makepyfile(
        f"""
        from pathlib import Path

        def test_a_file(play):
            assert play(Path({str(single)!r})).id == "mine"
        """
    )
    run(stranger).assert_outcomes(passed=1)


def test_the_shipped_scenarios_are_there() -> None:
    assert Path(SHIPPED, "scenario.schema.json").is_file()
