"""The messages that clients deliver."""

from email import message_from_bytes

from mailfault.scenario.model import Connector
from mailfault.world.message import MESSAGE, message_of


def test_the_first_message_can_be_cut_and_has_a_leading_dot() -> None:
    assert message_of(1) == MESSAGE
    assert 1500 < len(MESSAGE) < 2000
    assert b"\r\n." in MESSAGE
    assert message_from_bytes(MESSAGE)["From"] == f"<{Connector().sender}>"


def test_each_message_has_its_own_id_and_subject() -> None:
    parsed = [message_from_bytes(message_of(number)) for number in range(1, 10)]
    assert len({message["Message-ID"] for message in parsed}) == 9
    assert len({message["Subject"] for message in parsed}) == 9
    assert len({message.get_payload() for message in parsed}) == 1


def test_eight_bit_content_says_so() -> None:
    plain, eight_bit = message_of(2), message_of(2, is_eight_bit=True)
    assert plain.isascii()
    assert not eight_bit.isascii()
    assert message_from_bytes(eight_bit)["Content-Transfer-Encoding"] == "8bit"
