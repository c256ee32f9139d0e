import pytest

from mailfault_servers.smtp.reply import SmtpReply


@pytest.mark.parametrize(
    ("text", "code", "enhanced", "words", "wire"),
    [
        ("250 OK", 250, None, "OK", b"250 OK\r\n"),
        ("250", 250, None, "", b"250\r\n"),
        ("421 4.3.2 Going away", 421, "4.3.2", "Going away", b"421 4.3.2 Going away\r\n"),
        ("550-5.1.1 User\n550 5.1.1 unknown", 550, "5.1.1", "User unknown", b"550-5.1.1 User\r\n550 5.1.1 unknown\r\n"),
        ("550 5.1.1 User\nunknown", 550, "5.1.1", "User unknown", b"550-5.1.1 User\r\n550 5.1.1 unknown\r\n"),
        ("550 5.1.1", 550, "5.1.1", "", b"550 5.1.1\r\n"),
    ],
)  # fmt: skip
def test_a_reply_is_read_and_written(text: str, code: int, enhanced: str | None, words: str, wire: bytes) -> None:
    reply = SmtpReply.parse(text)
    assert (reply.code, reply.enhanced, reply.text) == (code, enhanced, words)
    assert reply.wire() == wire


@pytest.mark.parametrize("text", ["", "hello", "999 no", "25 OK", "HTTP/1.1 400 Bad Request"])
def test_what_is_no_reply_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        SmtpReply.parse(text)
