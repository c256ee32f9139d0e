"""Scenario files as tests: a user's folder, and pytest in a process of its own."""

import shlex
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from mailfault.scenario.loader import SHIPPED

pytest_plugins = ["pytester"]

REFUSED = """\
title = "A firewall rejects the connection"
why = "The client's SYN is answered with RST at once."
refs = ["RFC 9293 3.10.7.1"]
tags = ["article"]
connector = { route = ["smart-host", "mx"], tls = "none" }
host = [{ name = "mx1.dest.example", faults = [{ use = "tcp.refuse" }] }]

[expect]
failure = "connection-refused"
action = "defer"
"""
PLAIN = """\
title = "All is well"
why = "Nothing goes wrong here, and the mail arrives."
refs = ["RFC 5321 3.3"]
connector = { route = "smart-host", tls = "none" }

[[host]]
name = "mx1.dest.example"

[expect]
action = "deliver"
"""
NOT_SCENARIOS = """\
title = "A recipe"
why = "Because it is good"
[package]
name = "mail"
"""
TWO_MESSAGES = """\
title = "The second message's recipient is refused"
why = "The first message is taken, and says nothing about the second."
refs = ["RFC 5321 4.2.1"]
connector = { route = "smart-host", tls = "none", messages = 2 }

[[host]]
name = "mx1.dest.example"
faults = [{ use = "smtp.reply", at = "rcpt", reply = "550 5.1.1 User unknown", attempts = [2] }]

[expect]
action = "deliver"

[expect.messages.2]
failure = "remote-reply"
action = "fail"
reply = "550 5.1.1 User unknown"
"""
SENDER = """\
import contextlib
import smtplib

import dns.resolver


def deliver(target):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [target.dns[0]], target.dns[1]
    host = target.smart_host or str(resolver.resolve("dest.example", "MX")[0].exchange)
    address = str(resolver.resolve(host, "A")[0])
    with contextlib.suppress(OSError), smtplib.SMTP(address, target.smtp_port, timeout=1) as smtp:
        smtp.sendmail(target.sender, target.recipients, target.message)
        return {"outcome": "delivered"}
    return {"outcome": "deferred", "code": "4.4.317", "text": "no way in"}
"""
"""Delivers, and has a wrong name for a refused connection."""


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """A user's repository with two stories, and TOML that is something else."""
    stories = pytester.mkdir("stories")
    (stories / "refused.toml").write_text(REFUSED)
    (stories / "plain.toml").write_text(PLAIN)
    (pytester.path / "recipe.toml").write_text(NOT_SCENARIOS)
    (pytester.path / "pyproject.toml").write_text("[project]\nname = 'theirs'\n\n[tool.pytest.ini_options]\n")
    (pytester.path / "sender.py").write_text(SENDER)
    return pytester.path


def told(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    """pytest in a process of its own; a warning (a socket left open, say) is an error there."""
    return pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", *words)


def test_scenario_files_are_tests(pytester: pytest.Pytester, folder: Path) -> None:
    done = told(pytester, "--mail-client", "reference", "-v")
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines(
        [
            "stories/plain.toml::plain PASSED*",
            "stories/refused.toml::refused[[]route=smart-host[]] PASSED*",
            "stories/refused.toml::refused[[]route=mx[]] PASSED*",
        ]
    )


def test_nothing_is_collected_unasked(pytester: pytest.Pytester, folder: Path) -> None:
    pytester.makepyfile(test_other="def test_other(): pass")
    told(pytester).assert_outcomes(passed=1)


def test_a_scenario_file_that_is_named_is_collected(pytester: pytest.Pytester, folder: Path) -> None:
    told(pytester, "stories/plain.toml").assert_outcomes(passed=1)


def test_a_scenario_is_chosen_by_word_tag_and_place(pytester: pytest.Pytester, folder: Path) -> None:
    told(pytester, "--mail-client=reference", "-k", "plain").assert_outcomes(passed=1, deselected=2)
    told(pytester, "--mail-client=reference", "-k", "article").assert_outcomes(passed=2, deselected=1)
    told(pytester, "--mail-client=reference", "stories/refused.toml::refused[route=mx]").assert_outcomes(passed=1)


def test_x_stops_at_the_first_shortfall(pytester: pytest.Pytester, folder: Path) -> None:
    told(pytester, "--mail-client=python:sender:deliver", "-x").assert_outcomes(passed=1, failed=1)


def test_junit_tells_the_whole_story(pytester: pytest.Pytester, folder: Path) -> None:
    told(pytester, "--mail-client=python:sender:deliver", "-k", "mx", "--junitxml=out.xml")
    (case,) = ElementTree.parse(folder / "out.xml").iter("testcase")
    assert case.get("name") == "refused[route=mx]"
    failure = case.find("failure")
    assert failure is not None
    assert "450 4.4.316 connection-refused" in (failure.text or "")
    assert "mailfault run" in (failure.text or "")


@pytest.mark.slow
def test_it_runs_on_several_processes(pytester: pytest.Pytester, folder: Path) -> None:
    done = told(pytester, "--mail-client=python:sender:deliver", "-n", "2")
    done.assert_outcomes(failed=2, passed=1)
    done.stdout.fnmatch_lines_random(
        ["misclassified  refused[[]route=mx[]]", "misclassified  refused[[]route=smart-host[]]"]
    )


def test_a_shortfall_is_the_whole_story_and_no_traceback(pytester: pytest.Pytester, folder: Path) -> None:
    done = told(pytester, "--mail-client", "python:sender:deliver", "-k", "mx", "-rf")
    done.assert_outcomes(failed=1, deselected=2)
    done.stdout.fnmatch_lines(
        [
            "misclassified  refused[[]route=mx[]]",
            "  why       *",
            "  expected  450 4.4.316 connection-refused",
            "  happened  450 4.4.316 connection-refused: *",
            "  client    *no way in*",
            "  dialogue  DNS: MX dest.example? MX 10 mx1.dest.example",
            "  meaning   *",
            "  fixes     *",
            "  repeat    pytest 'stories/refused.toml::refused[[]route=mx[]]' --mail-client python:sender:deliver",
            "            mailfault run stories/refused.toml --client python:sender:deliver",
            "FAILED stories/refused.toml::refused[[]route=mx[]] - misclassified: *",
        ]
    )
    done.stdout.no_fnmatch_line("*Traceback*")
    done.stdout.no_fnmatch_line("*pytest_plugin*")


@pytest.mark.slow
def test_the_commands_of_a_shortfall_repeat_it(pytester: pytest.Pytester, folder: Path) -> None:
    shipped = SHIPPED / "connect" / "refused.toml"
    done = told(pytester, "--mail-client", "python:sender:deliver", str(shipped), "-k", "mx")
    place = next(n for n, line in enumerate(done.outlines) if line.startswith("  repeat"))
    with_pytest, with_mailfault = (shlex.split(line.removeprefix("  repeat")) for line in done.outlines[place:][:2])
    assert with_pytest[0] == "pytest"
    told(pytester, *with_pytest[1:]).assert_outcomes(failed=1)
    assert with_mailfault[0] == "mailfault"
    again = subprocess.run([sys.executable, "-m", "mailfault", *with_mailfault[1:]], capture_output=True, text=True)
    assert again.returncode == 1, again.stdout + again.stderr
    assert "misclassified  connect/refused[route=mx]" in again.stdout


@pytest.mark.usefixtures("sandbox")
def test_in_the_sandbox_hosts_have_their_own_addresses_and_ports(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "where.py").write_text(
        "def deliver(target):\n    return {'outcome': 'deferred', 'text': f'{target.dns} {target.smtp_port}'}\n"
    )
    done = told(pytester, "--mail-client=python:where:deliver", "--mail-sandbox=always", "-k", "plain")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*, 53) 25*"])


@pytest.mark.parametrize(
    ("words", "is_here"), [((), False), (("--mail-in-process",), True), (("--mail-python", sys.executable), False)]
)
def test_the_process_of_a_python_client(
    pytester: pytest.Pytester, folder: Path, words: tuple[str, ...], is_here: bool
) -> None:
    (folder / "where.py").write_text(
        "import sys\ndef deliver(target):\n    here = 'pytest' in sys.modules\n"
        "    return {'outcome': 'deferred', 'text': f'in the process of pytest: {here}'}\n"
    )
    done = told(pytester, "--mail-client=python:where:deliver", "-k", "smart", *words)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines([f"*in the process of pytest: {is_here}*"])
    repeated = " ".join(words)
    done.stdout.fnmatch_lines([f"*pytest *{repeated}*", f"*mailfault run *{repeated.replace('--mail-', '--')}*"])


@pytest.mark.usefixtures("sandbox")
def test_packets_are_kept_where_that_is_asked_for(pytester: pytest.Pytester, folder: Path) -> None:
    words = ("--mail-client=reference", "--mail-sandbox=always", "--mail-pcap=captures", "-k", "plain")
    told(pytester, *words).assert_outcomes(passed=1, deselected=2)
    (capture,) = (folder / "captures").iterdir()
    assert capture.suffix == ".pcap"
    assert b"EHLO" in capture.read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_a_shortfall_in_the_sandbox_is_repeated_there(pytester: pytest.Pytester, folder: Path) -> None:
    done = told(pytester, "--mail-client=python:sender:deliver", "--mail-sandbox=always", "-k", "smart")
    done.stdout.fnmatch_lines(["*pytest *--mail-sandbox always", "*mailfault run *--sandbox always"])


def test_what_is_unsupported_is_skipped_with_its_reason(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "sender.py").write_text(
        "from mailfault.contract import Unsupported\n\n\n"
        "def deliver(target):\n    raise Unsupported('it speaks no SMTP yet')\n"
    )
    done = told(pytester, "--mail-client=python:sender:deliver", "-rs")
    done.assert_outcomes(skipped=3)
    done.stdout.fnmatch_lines_random(
        ["SKIPPED * stories/plain.toml:*it speaks no SMTP yet*", "SKIPPED [[]2[]] stories/refused.toml:*"]
    )


@pytest.mark.parametrize(
    ("text", "wrong", "says"),
    [
        ("tcp.refuse", "tcp.refuze", "*refused.toml: host[[]1[]].faults[[]1[]]: *did you mean tcp.refuse*"),
        ("[expect]", "[expect", "*refused.toml: is not TOML: *line 8*"),
        ("[expect]", "[expected]", "*refused.toml: expected: there is no such key; did you mean 'expect'?"),
    ],
    ids=["unknown fault", "no TOML", "unknown key"],
)
def test_a_bad_scenario_file_is_one_clear_error(
    pytester: pytest.Pytester, folder: Path, text: str, wrong: str, says: str
) -> None:
    (folder / "stories" / "refused.toml").write_text(REFUSED.replace(text, wrong))
    done = told(pytester, "--mail-client", "reference")
    done.assert_outcomes(errors=1)
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines([says])
    done.stdout.no_fnmatch_line("*Traceback*")
    done.stdout.no_fnmatch_line("*loader.py*")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--mail-client", "smtplb"), "ERROR: there is no adapter 'smtplb' (in --mail-client*did you mean 'smtplib'?"),
        (("--mail-client", "python:sendr:deliver"), "ERROR: --mail-client *there is no module 'sendr'*"),
        (("--mail-client", ""), "ERROR: *there is no adapter ''*"),
        (("--mail-profile", "rfc3436"), "ERROR: --mail-profile: there is no code map*did you mean rfc3463*"),
        (("--mail-client-profile", "none.toml"), "ERROR: cannot read the client profile none.toml: *"),
        (("--mail-sandbox", "sometimes"), "*--mail-sandbox: invalid choice: 'sometimes'*"),
        (("-n2", "--mail-client", "smtplb"), "ERROR: there is no adapter 'smtplb'*"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_had_is_wrong_usage(
    pytester: pytest.Pytester, folder: Path, words: tuple[str, ...], says: str
) -> None:
    done = told(pytester, *words)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([says])
    assert "Traceback" not in done.stdout.str() + done.stderr.str()


def test_an_unknown_client_in_the_ini_file_is_told_in_each_test(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\nmail_client = 'smtplb'\n")
    done = told(pytester, "-k", "plain")
    done.assert_outcomes(failed=1, deselected=2)
    done.stdout.fnmatch_lines(["*did you mean 'smtplib'?*"])
    done.stdout.no_fnmatch_line("*pytest_plugin*")


@pytest.mark.slow
def test_the_profile_decides_how_failures_are_spelled(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "sender.py").write_text(SENDER.replace("4.4.317", "4.4.316"))
    words = ("--mail-client=python:sender:deliver", "-k", "mx")
    told(pytester, *words).assert_outcomes(passed=1, deselected=2)
    done = told(pytester, *words, "--mail-profile=rfc3463")
    done.assert_outcomes(failed=1, deselected=2)
    done.stdout.fnmatch_lines(["*mailfault run * --profile rfc3463"])


def test_nothing_is_left_behind(pytester: pytest.Pytester, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = pytester.mkdir("temporary")
    monkeypatch.setenv("TMPDIR", str(temporary))
    pytester.makeconftest(
        """
        import os, threading
        from pathlib import Path
        import pytest

        def sockets():
            links = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
            return sorted(link for link in links if link.startswith("socket:"))

        before = sockets()

        @pytest.hookimpl(trylast=True)
        def pytest_unconfigure():
            threads = [thread.name for thread in threading.enumerate()]
            Path("left.txt").write_text(f"{threads} {[link for link in sockets() if link not in before]}")
        """
    )
    pytester.makepyfile(
        """
        import threading

        def test_a_world_left_open(mail_world):
            mail_world()
            assert "mailfault-servers" in [thread.name for thread in threading.enumerate()]

        def test_a_world_after_a_failure(mail_world):
            mail_world()
            assert False
        """
    )
    told(pytester, "--mail-client=reference").assert_outcomes(passed=4, failed=1)
    assert (folder / "left.txt").read_text() == "['MainThread'] []"
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_several_messages_are_one_test_and_the_story_says_which_of_them(
    folder: Path, pytester: pytest.Pytester
) -> None:
    (folder / "stories" / "two.toml").write_text(TWO_MESSAGES)
    told(pytester, "--mail-client=reference", "stories/two.toml").assert_outcomes(passed=1)
    failed = told(pytester, "--mail-client=python:sender:deliver", "stories/two.toml")
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(["*why *message 2: the client says deferred*"])
    failed.stdout.fnmatch_lines(["*messages  - 1 passed: expected delivered, said delivered*"])
