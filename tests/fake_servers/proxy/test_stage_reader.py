"""The stage of each direction of a session, from the passing bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfault_servers.proxy.stage_reader import Piece, StageReader
from mailfault_servers.smtp.reply import Stage

SESSION = (
    (Stage.GREETING, "host", b"220-mx\r\n220 mx\r\n"),
    (Stage.EHLO, "client", b"EHLO c\r\n"),
    (Stage.EHLO, "host", b"250-mx\r\n250 SIZE\r\n"),
    (Stage.MAIL, "client", b"MAIL FROM:<a@b>\r\n"),
    (Stage.MAIL, "host", b"250 OK\r\n"),
    (Stage.RCPT, "client", b"rcpt TO:<a@b>\r\n"),
    (Stage.RCPT, "host", b"250 OK\r\n"),
    (Stage.DATA, "client", b"DATA\r\n"),
    (Stage.DATA, "host", b"354 go\r\n"),
    (Stage.MESSAGE, "client", b"Subject: QUIT\r\n\r\nQUIT\r\n"),
    (Stage.END_OF_DATA, "client", b".\r\n"),
    (Stage.END_OF_DATA, "host", b"250 taken\r\n"),
    (Stage.QUIT, "client", b"QUIT\r\n"),
    (Stage.QUIT, "host", b"221 bye\r\n"),
)


def heard(reader: StageReader, who: str, data: bytes) -> list[Piece]:
    return list(reader.read_host(data) if who == "host" else reader.read_client(data))


def test_the_stages_of_a_session() -> None:
    reader = StageReader()
    for stage, who, data in SESSION:
        assert heard(reader, who, data) == [(stage, data)]


def up_to_data() -> StageReader:
    """Read a session up to three commands sent ahead of their replies."""
    reader = StageReader()
    for _, who, data in SESSION[:3]:
        heard(reader, who, data)
    assert heard(reader, "client", b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n") == [
        (Stage.MAIL, b"MAIL FROM:<a@b>\r\n"),
        (Stage.RCPT, b"RCPT TO:<c@d>\r\n"),
        (Stage.DATA, b"DATA\r\n"),
    ]
    return reader


def test_commands_sent_ahead_are_answered_each_in_its_turn() -> None:
    reader = up_to_data()
    assert heard(reader, "host", b"250 OK\r\n250-well\r\n250 OK\r\n354 go\r\n") == [
        (Stage.MAIL, b"250 OK\r\n"),
        (Stage.RCPT, b"250-well\r\n250 OK\r\n"),
        (Stage.DATA, b"354 go\r\n"),
    ]
    assert heard(reader, "client", b"one\r\ntwo\r\n.\r\nQUIT\r\n") == [
        (Stage.MESSAGE, b"one\r\ntwo\r\n"),
        (Stage.END_OF_DATA, b".\r\n"),
        (Stage.QUIT, b"QUIT\r\n"),
    ]
    assert heard(reader, "host", b"250 taken\r\n221 bye\r\n") == [
        (Stage.END_OF_DATA, b"250 taken\r\n"),
        (Stage.QUIT, b"221 bye\r\n"),
    ]


def test_a_refused_data_begins_no_message() -> None:
    reader = up_to_data()
    heard(reader, "host", b"250 OK\r\n550 no\r\n554 no\r\n")
    assert heard(reader, "client", b"QUIT\r\n") == [(Stage.QUIT, b"QUIT\r\n")]


def test_what_the_host_says_unasked_is_of_the_clients_stage() -> None:
    reader = StageReader()
    for _, who, data in SESSION[:5]:
        heard(reader, who, data)
    assert heard(reader, "host", b"421 leaving\r\n") == [(Stage.MAIL, b"421 leaving\r\n")]


@pytest.mark.parametrize("answer", [[], [b"220 go\r\n"], [b"220 go\r\n\x16\x03\n"]])
def test_under_tls_nothing_is_read(answer: list[bytes]) -> None:
    reader = StageReader()
    for _, who, data in SESSION[:3]:
        heard(reader, who, data)
    heard(reader, "client", b"STARTTLS\r\n")
    for data in answer:
        assert heard(reader, "host", data) == [(Stage.STARTTLS, data)]
    assert heard(reader, "client", b"QUIT\r\n\x16\x03") == [(Stage.STARTTLS, b"QUIT\r\n\x16\x03")]


def test_a_refused_starttls_goes_on_in_clear() -> None:
    reader = StageReader()
    for _, who, data in SESSION[:3]:
        heard(reader, who, data)
    heard(reader, "client", b"STARTTLS\r\n")
    assert heard(reader, "host", b"454 not now\r\n") == [(Stage.STARTTLS, b"454 not now\r\n")]
    assert heard(reader, "client", b"MAIL FROM:<a@b>\r\n") == [(Stage.MAIL, b"MAIL FROM:<a@b>\r\n")]
    assert heard(reader, "host", b"250 OK\r\n") == [(Stage.MAIL, b"250 OK\r\n")]


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=40)), max_size=12))
def test_whatever_is_said_nothing_of_it_is_lost(chunks: list[tuple[bool, bytes]]) -> None:
    reader = StageReader()
    for by_client, chunk in chunks:
        pieces = heard(reader, "client" if by_client else "host", chunk)
        assert b"".join(piece for _, piece in pieces) == chunk


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_where_the_segments_end_does_not_matter(size: int) -> None:
    reader = StageReader()
    for stage, who, data in SESSION:
        pieces: list[Piece] = []
        for start in range(0, len(data), size):
            pieces += heard(reader, who, data[start : start + size])
        assert pieces[-1][0] is stage
        if who == "host":
            assert {piece_stage for piece_stage, _ in pieces} == {stage}
