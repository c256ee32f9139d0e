"""The fixtures `mail_client` and `play`, in a user's folder, with pytest in a process of its own."""

from pathlib import Path

import pytest

from mailfault.scenario.loader import SHIPPED

pytest_plugins = ["pytester"]

REFUSED = "connect/refused[route=smart-host]"
WRONG = """\
def deliver(target):
    return {"outcome": "failed", "code": "5.4.4", "text": "no route"}
"""


def told(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", *words)


def test_play_takes_an_id_a_path_and_an_object(pytester: pytest.Pytester) -> None:
    story = (SHIPPED / "connect" / "refused.toml").read_text("utf-8")
    beside = pytester.mkdir("tests")
    (beside / "own.toml").write_text(story.replace('["smart-host", "mx"]', '"mx"'))
    (beside / "test_play.py").write_text(
        f"""
from pathlib import Path
from mailfault.scenario.loader import find_scenario

def test_id(play):
    finished = play({REFUSED!r})
    assert (finished.id, finished.ending, finished.client) == ({REFUSED!r}, "passed", "reference")
    assert finished.journal

def test_path(play):
    assert play("own.toml").id == "own"
    assert play(Path(__file__).parent / "own.toml").id == "own"

def test_object(play):
    assert play(find_scenario({REFUSED!r})).ending == "passed"
"""
    )
    told(pytester).assert_outcomes(passed=3)


def test_play_says_what_it_cannot_find(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("wanted", ["connect/refuzed", "connect/refused", "none.toml"])
        def test_it(play, wanted):
            play(wanted)
        """
    )
    done = told(pytester, "-rf")
    done.assert_outcomes(failed=3)
    done.stdout.fnmatch_lines_random(
        [
            "E *there is no scenario 'connect/refuzed'; did you mean connect/refused*",
            "E *connect/refused has a scenario for each of several settings; name one of them: connect/refused[[]route=*",
            "E *none.toml: cannot be read: No such file or directory",
        ]
    )
    done.stdout.no_fnmatch_line("*loader.py*")


def test_a_test_that_plays_tells_the_whole_story(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(sender=WRONG, test_it=f"def test_it(play):\n    play({REFUSED!r})\n")
    done = told(pytester, "--mail-client", "python:sender:deliver", "-k", "test_it.py")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            ">       play('connect/refused*",
            "E *Shortfall: not-reached  connect/refused*",
            "E *expected  450 4.4.316 connection-refused",
            "E *happened  *",
            "E *client    failed 5.4.4*no route*",
            "E *dialogue  *",
            "E *repeat    pytest test_it.py::test_it --mail-client python:sender:deliver",
            "E *mailfault run 'connect/refused[[]route=smart-host[]]' --client python:sender:deliver",
        ]
    )
    done.stdout.no_fnmatch_line("*run.py*")


def test_what_is_unsupported_is_skipped_with_its_reason(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from mailfault.contract import Unsupported

        @pytest.fixture
        def mail_client():
            def deliver(target):
                raise Unsupported("it speaks no SMTP yet")
            return deliver

        def test_it(play):
            play("control/plain[route=mx]")
        """
    )
    done = told(pytester, "-rs")
    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines(["SKIPPED *it speaks no SMTP yet*"])


OVERRIDES = {
    "a string": "return 'python:sender:deliver'",
    "a callable": "import sender\n    return sender.deliver",
    "a callable that no other process could import": "return lambda target: __import__('sender').deliver(target)",
    "a coroutine function": (
        "import sender\n    async def deliver(target):\n        return sender.deliver(target)\n    return deliver"
    ),
    "a client": "import sender\n    from mailfault.clients import open_client\n"
    "    return open_client('python:sender:deliver')",
}


@pytest.mark.parametrize("override", OVERRIDES.values(), ids=OVERRIDES.keys())
def test_a_conftest_plugs_in_its_own_client(pytester: pytest.Pytester, override: str) -> None:
    pytester.makepyfile(sender=WRONG, test_it=f"def test_it(play):\n    play({REFUSED!r})\n")
    pytester.makeconftest(f"import pytest\n\n@pytest.fixture(scope='session')\ndef mail_client():\n    {override}\n")
    stories = pytester.mkdir("stories")
    (stories / "refused.toml").write_text((SHIPPED / "connect" / "refused.toml").read_text("utf-8"))
    done = told(pytester, "--mail-scenarios", "test_it.py", "stories")
    done.assert_outcomes(failed=3)
    other_process = "lambda" not in override and "async" not in override and "open_client" not in override
    summary = next(n for n, line in enumerate(done.outlines) if "short test summary info" in line)
    repeated = [line for line in done.outlines[:summary] if "mailfault run" in line]
    assert len(repeated) == (3 if other_process else 0)
    done.stdout.fnmatch_lines(['  client    failed 5.4.4: "no route"', "*repeat*pytest * --mail-scenarios"])


def test_what_is_no_client_is_told(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import pytest\n\n@pytest.fixture\ndef mail_client():\n    return 42\n")
    pytester.makepyfile(f"def test_it(play):\n    play({REFUSED!r})\n")
    done = told(pytester)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["E *the fixture mail_client returns 42; it has to return *"])


def test_a_client_is_opened_once_and_closed(pytester: pytest.Pytester) -> None:
    worker = pytester.path / "worker.sh"
    worker.write_text(
        '#!/bin/sh\necho $$ >>"$0.started"\nread -r line\necho \'{"hello": {"contract": 1}}\'\n'
        'while read -r line; do echo \'{"unsupported": "not yet"}\'; done\nexec sleep 30\n'
    )
    worker.chmod(0o755)
    pytester.makepyfile(
        "import pytest\n\n@pytest.mark.parametrize('n', range(2))\ndef test_it(play, n):\n"
        "    play('control/plain[route=mx]')\n"
    )
    told(pytester, "--mail-client", f"worker:{worker}").assert_outcomes(skipped=2)
    (process,) = Path(f"{worker}.started").read_text().split()
    assert not Path(f"/proc/{process}").exists()


def test_worlds_of_faults_as_objects(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from mailfault_servers.tcp.faults.refuse import Refuse
        from mailfault.clients import open_client

        @pytest.fixture
        def deliver():
            return lambda world: open_client("reference").deliver(world.target, deadline_s=10).answer

        def test_two_worlds_at_once(mail_world, deliver):
            broken, whole = mail_world(Refuse(), route="smart-host", tls="none"), mail_world(route="mx")
            assert deliver(broken).outcome == "deferred"
            assert deliver(whole).outcome == "delivered"
            assert broken.diagnose().failure == "connection-refused"
            assert whole.diagnose().delivered
            assert whole.entries()

        def test_a_setting_that_is_none(mail_world):
            with pytest.raises(ValueError, match="smarthost"):
                mail_world(route="smarthost")
        """
    )
    told(pytester).assert_outcomes(passed=2)


def test_the_fixtures_explain_themselves(pytester: pytest.Pytester) -> None:
    done = told(pytester, "--fixtures")
    done.stdout.fnmatch_lines_random(["mail_client *", "play -- *", "mail_world -- *"])
