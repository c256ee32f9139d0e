"""One verdict for several messages."""

from typing import Any

from mailfault.events import Ending
from mailfault.judging.combine import combine
from mailfault.judging.verdict import Verdict


def verdict(ending: Ending, sentence: str = "so", **voices: Any) -> Verdict:
    return Verdict(ending=ending, sentence=sentence, **voices)


def test_the_worst_message_decides_and_is_named() -> None:
    said_of = combine(
        [verdict(Ending.PASSED), verdict(Ending.UNSAFE, "lost", happened="nothing"), verdict(Ending.HUNG)]
    )
    assert (said_of.ending, said_of.sentence) == (Ending.HUNG, "message 3: so")
    tolerated = combine([verdict(Ending.TOLERATED, "a reason"), verdict(Ending.PASSED)])
    assert (tolerated.ending, tolerated.sentence) == (Ending.TOLERATED, "message 1: a reason")


def test_where_all_passed_each_is_told_and_likes_are_told_once() -> None:
    both = combine([verdict(Ending.PASSED, said="a", happened="b"), verdict(Ending.PASSED, said="a", happened="c")])
    assert (both.said, both.happened, both.sentence) == ("a", "1: b; 2: c", "so")


def test_one_message_and_what_is_declared_stay_as_they_are() -> None:
    for alone in (verdict(Ending.MISCLASSIFIED, "wrong"), verdict(Ending.UNSUPPORTED, "no legs")):
        assert combine([alone]) == alone
    assert combine([verdict(Ending.PASSED), verdict(Ending.UNSUPPORTED, "no legs")]).sentence == "no legs"
