from typing import Any

from mailfault.reports.shortfall import shortfall


def test_the_block_has_all_that_a_person_needs(make_finished: Any) -> None:
    assert shortfall(make_finished()) == (
        "misclassified  smtp/ehlo-421\n"
        "  why       the client took a reply for a close\n"
        "  expected  450 4.4.317 cannot-connect\n"
        "  happened  450 4.4.317 cannot-connect: mx1.dest.example answered EHLO with 421 4.3.2 Service not available\n"
        "            (witnessed)\n"
        '  client    450 4.4.318 connection-closed: "Connection unexpectedly closed"\n'
        "  dialogue  DNS: MX dest.example? MX 10 mx1.dest.example\n"
        "            S: 220 mx1.dest.example ESMTP\n"
        "            C: EHLO client.example\n"
        "            S: 421 4.3.2 Service not available      <- smtp.reply\n"
        "            S: closes\n"
        "  meaning   The server is going away; nothing was said about the message.\n"
        "  causes    - the server is overloaded\n"
        "  fixes     - keep the mail queued and try again\n"
        "  repeat    mailfault run smtp/ehlo-421 --client smtplib"
    )


def test_a_client_without_an_answer(make_finished: Any) -> None:
    block = shortfall(make_finished(ending="hung", answer=None, said="", journal=(), causes=(), fixes=(), meaning=""))
    assert "  client    no answer (hung)\n" in block
    assert "(no server saw anything)" in block
    assert "causes" not in block


def test_a_command_to_paste_is_never_wrapped(make_finished: Any) -> None:
    long = "mailfault run smtp/ehlo-421 --client 'command:" + "./send --very-long-option " * 10 + "'"
    assert long in shortfall(make_finished(repeat=long), width=60)


def test_control_characters_of_a_client_are_escaped(make_finished: Any) -> None:
    answer = {"outcome": "deferred", "text": "\x1b]0;owned\x07 \udcff"}
    assert '"\\x1b]0;owned\\x07 \\udcff"' in shortfall(make_finished(answer=answer))
