"""How far a session has got, read off what passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_servers.proxy.stage import StageReader
from fake_servers.smtp.reply import Stage

SESSION = (
    (Stage.GREETING, "host", b"220 mx\r\n"),
    (Stage.EHLO, "client", b"EHLO c\r\n"),
    (Stage.EHLO, "host", b"250-mx\r\n250 SIZE\r\n"),
    (Stage.MAIL, "client", b"MAIL FROM:<a@b>\r\n"),
    (Stage.RCPT, "client", b"rcpt TO:<a@b>\r\n"),
    (Stage.DATA, "client", b"DATA\r\n"),
    (Stage.MESSAGE, "host", b"354 go\r\n"),
    (Stage.MESSAGE, "client", b"Subject: QUIT\r\n\r\nQUIT\r\n"),
    (Stage.END_OF_DATA, "client", b".\r\n"),
    (Stage.QUIT, "client", b"QUIT\r\n"),
)


def heard(reader: StageReader, who: str, data: bytes) -> list[tuple[Stage, bytes]]:
    if who == "host":
        reader.hear_host(data)
        return []
    return [(reader.stage, piece) for piece in reader.hear_client(data)]


def test_the_stages_of_a_session() -> None:
    reader = StageReader()
    for stage, who, data in SESSION:
        heard(reader, who, data)
        assert reader.stage is stage, data


def test_one_chunk_is_cut_where_a_stage_begins() -> None:
    reader = StageReader()
    assert heard(reader, "client", b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n") == [
        (Stage.MAIL, b"MAIL FROM:<a@b>\r\n"),
        (Stage.RCPT, b"RCPT TO:<c@d>\r\n"),
        (Stage.DATA, b"DATA\r\n"),
    ]
    reader.hear_host(b"354 go\r\n")
    assert heard(reader, "client", b"one\r\ntwo\r\n.\r\nQUIT\r\n") == [
        (Stage.MESSAGE, b"one\r\ntwo\r\n"),
        (Stage.END_OF_DATA, b".\r\n"),
        (Stage.QUIT, b"QUIT\r\n"),
    ]


def test_a_refused_data_begins_no_message() -> None:
    reader = StageReader()
    heard(reader, "client", b"DATA\r\n")
    reader.hear_host(b"554 no\r\n")
    heard(reader, "client", b"QUIT\r\n")
    assert reader.stage is Stage.QUIT


def test_under_tls_nothing_is_read() -> None:
    reader = StageReader()
    heard(reader, "client", b"STARTTLS\r\n")
    assert heard(reader, "client", b"QUIT\r\n\x16\x03") == [(Stage.STARTTLS, b"QUIT\r\n\x16\x03")]


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_whatever_is_said_nothing_of_it_is_lost(chunks: list[bytes]) -> None:
    reader = StageReader()
    for chunk in chunks:
        assert b"".join(reader.hear_client(chunk)) == chunk


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_where_the_segments_end_does_not_matter(size: int) -> None:
    reader, at = StageReader(), []
    for _, who, data in SESSION:
        for start in range(0, len(data), size):
            heard(reader, who, data[start : start + size])
        at.append(reader.stage)
    assert at == [stage for stage, _, _ in SESSION]
