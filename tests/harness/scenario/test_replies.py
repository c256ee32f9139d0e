"""Replies in a scenario file: each mistake is reported with the fault that sends such a reply."""

from pathlib import Path

import pytest

from mailfault.scenario.loader import ScenarioError, load_file
from mailfault.scenario.model import Scenario

STORY = """#:schema ../scenario.schema.json
title = "The host answers in its own words"
why = "The first reply is the answer, and the client goes by its code."
refs = ["RFC 5321 4.2"]

[connector]
tls = "none"

[[host]]
name = "mx1.dest.example"
faults = [{faults}]

[expect]
failure = "remote-reply"
action = "fail"
reply = {reply}
"""
REFUSAL = '"550 5.7.1 No"'


def load(folder: Path, faults: str, reply: str = REFUSAL) -> Scenario:
    path = folder / "story.toml"
    path.write_text(STORY.format(faults=faults, reply=reply))
    (scenario,) = load_file(path, folder)
    return scenario


def mistake(folder: Path, faults: str, reply: str = REFUSAL) -> str:
    with pytest.raises(ScenarioError) as raised:
        load(folder, faults, reply)
    (line,) = str(raised.value).splitlines()
    return line.partition("story.toml: ")[2]


@pytest.mark.parametrize(
    ("stage", "reply", "instead"),
    [
        ("greeting", "220 Welcome", "smtp.reworded-reply"),
        ("ehlo", "250-mx1\\n250 SIZE 1000", "smtp.reworded-reply"),
        ("starttls", "220 2.0.0 Go on", "smtp.starttls-ready-reply"),
        ("mail", "250 2.1.0 Sender fine", "smtp.reworded-reply"),
        ("rcpt", "250 2.1.5 Fine", "smtp.reworded-reply"),
        ("rcpt", "252 2.5.2 Will try", "smtp.reworded-reply"),
        ("data", "354 Send it", "smtp.reworded-reply"),
        ("end-of-data", "250 2.0.0 Ok: queued as ABC", "smtp.reworded-reply"),
        ("rset", "250 2.0.0 Reset", "smtp.reworded-reply"),
        ("quit", "221 2.0.0 Bye", "smtp.reworded-reply"),
    ],
)
@pytest.mark.parametrize("fault", ["smtp.reply", "smtp.overdue-reply"])
def test_a_refusal_that_says_yes_names_the_fault_that_does_what_was_asked(
    tmp_path: Path, fault: str, stage: str, reply: str, instead: str
) -> None:
    told = mistake(tmp_path, f'{{ use = "{fault}", at = "{stage}", reply = "{reply}" }}')
    assert told.startswith("host[1].faults[1]: ")
    assert (
        f"at '{stage}' says that it was done, and this fault does nothing of what was asked. {instead} does it" in told
    )


@pytest.mark.parametrize(
    ("stage", "reply"),
    [("rcpt", "354 Go ahead"), ("data", "250 2.0.0 OK"), ("starttls", "250 2.0.0 OK"), ("starttls", "334 go on")],
)
def test_a_positive_reply_to_another_question_is_a_story(tmp_path: Path, stage: str, reply: str) -> None:
    assert load(tmp_path, f'{{ use = "smtp.reply", at = "{stage}", reply = "{reply}" }}').faults


@pytest.mark.parametrize(
    "fault",
    [
        '{ use = "smtp.idle-421", reply = "250 2.0.0 OK" }',
        '{ use = "smtp.too-many-connections", reply = "220 Welcome" }',
        '{ use = "smtp.too-many-messages", reply = "250 2.1.0 OK" }',
        '{ use = "smtp.starttls-hello-refused", reply = "250 mx1" }',
    ],
)
def test_a_fault_that_refuses_takes_no_yes(tmp_path: Path, fault: str) -> None:
    assert "refuses nothing; write a reply with a 4xx or 5xx code here" in mistake(tmp_path, fault)


def test_tls_begins_after_220_only(tmp_path: Path) -> None:
    fault = '{ use = "smtp.starttls-ready-reply", reply = "454 4.7.0 Not now" }'
    assert "is no 220, the only reply after which TLS begins" in mistake(tmp_path, fault)


@pytest.mark.parametrize("use", ["smtp.reply", "smtp.reworded-reply", "smtp.overdue-reply"])
@pytest.mark.parametrize(
    ("reply", "codes"),
    [
        ("550 5.7.1 Rejected\\n250 2.0.0 OK ids=", "two codes, 550 and 250"),
        ("550-5.7.1 Rejected\\r\\n250 2.0.0 OK", "two codes, 550 and 250"),
        ("451-Wait\\n451-a little\\n550 or not", "two codes, 451 and 550"),
        ("550-5.7.1 Rejected\\n550 5.1.1 No such user", "two enhanced status codes, 5.7.1 and 5.1.1"),
    ],
)
def test_one_reply_has_one_code(tmp_path: Path, use: str, reply: str, codes: str) -> None:
    told = mistake(tmp_path, f'{{ use = "{use}", at = "end-of-data", reply = "{reply}" }}')
    assert codes in told
    assert "smtp.mixed-codes gives the lines of a reply different codes" in told
    assert "smtp.second-reply says another reply behind the first" in told


@pytest.mark.parametrize("reply", ["600 What", "99 What", "No such user", ""])
def test_a_text_without_a_code_names_the_faults_that_send_one(tmp_path: Path, reply: str) -> None:
    told = mistake(tmp_path, f'{{ use = "smtp.reply", at = "rcpt", reply = "{reply}" }}')
    assert "is not an SMTP reply" in told
    assert "smtp.wrong-code sends a code outside 200 to 599, smtp.garbage a line without a code" in told


@pytest.mark.parametrize("form", ["second-reply", "mixed-codes", "bare-line-feed", "late-reply", "close"])
def test_a_fault_about_a_reply_that_is_never_ready(tmp_path: Path, form: str) -> None:
    refusal = '{ use = "smtp.reply", at = "rcpt", reply = "550 5.7.1 No" }'
    told = mistake(tmp_path, f'{refusal}, {{ use = "smtp.{form}", at = "rcpt" }}')
    assert told.startswith(f"host[1]: smtp.{form} at 'rcpt' never acts: ")
    assert told.endswith("Write smtp.reworded-reply in place of smtp.reply")
    for other in ('at = "data"', 'at = "rcpt", attempts = [2]'):
        if form == "mixed-codes" and "data" in other:
            continue
        once = refusal.replace(" }", ", attempts = [1] }")
        assert len(load(tmp_path, f'{once}, {{ use = "smtp.{form}", {other} }}').faults) == 2


def test_a_reworded_refusal_and_a_second_reply(tmp_path: Path) -> None:
    reworded = '{ use = "smtp.reworded-reply", at = "end-of-data", reply = "550 5.7.1 No" }'
    assert load(tmp_path, f'{reworded}, {{ use = "smtp.second-reply", at = "end-of-data" }}').faults


def test_two_replies_to_one_command(tmp_path: Path) -> None:
    first = '{ use = "smtp.reply", at = "rcpt", reply = "550 5.7.1 No" }'
    second = '{ use = "smtp.reply", at = "rcpt", reply = "451 4.7.1 Later" }'
    assert "two smtp.reply answer 'rcpt'; leave one out" in mistake(tmp_path, f"{first}, {second}")
    own = second.replace(" }", ', recipient = "user@dest.example" }')
    assert load(tmp_path, f"{first}, {own}").faults


def test_codes_that_are_the_same_are_not_mixed(tmp_path: Path) -> None:
    told = mistake(tmp_path, '{ use = "smtp.mixed-codes", at = "rcpt", last = "250 2.1.5 Fine" }')
    assert "has the code of the honest reply at 'rcpt', so no codes are mixed" in told


def test_a_recipient_is_answered_at_rcpt(tmp_path: Path) -> None:
    fault = '{ use = "smtp.reply", at = "data", reply = "451 4.3.0 No", recipient = "user@dest.example" }'
    assert "'recipient' belongs to at = \"rcpt\", and only to it; this is at 'data'" in mistake(tmp_path, fault)


def test_the_expected_reply_is_one_refusal(tmp_path: Path) -> None:
    fault = '{ use = "smtp.reply", at = "rcpt", reply = "550 5.7.1 No" }'
    assert "expect: '250 OK' refuses nothing" in mistake(tmp_path, fault, '"250 OK"')
    assert "two codes, 550 and 451" in mistake(tmp_path, fault, '"550 No\\n451 Later"')
