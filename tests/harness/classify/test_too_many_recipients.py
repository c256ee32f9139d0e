"""A 552 at RCPT: temporary after other recipients were taken in the transaction (RFC 5321 4.5.3.1.10)."""

import aiosmtplib
import pytest

from mailfault.classify import classify
from mailfault.clients.library.exception_answer import partly_refused
from mailfault.contract import Outcome

RECIPIENTS = ("a@x.example", "b@x.example", "c@x.example")
TOO_MANY = (552, b"5.5.3 Too many recipients")


@pytest.mark.parametrize(
    ("code", "stage", "others_taken", "permanent"),
    [
        (552, "rcpt", True, False),
        (552, None, True, False),
        (552, "rcpt", False, True),
        (552, "end-of-data", True, True),
        (550, "rcpt", True, True),
        (452, "rcpt", True, False),
    ],
)
def test_only_a_552_after_others_is_temporary(
    code: int, stage: str | None, others_taken: bool, permanent: bool
) -> None:
    error = aiosmtplib.SMTPResponseException(code, "5.5.3 Too many recipients")
    found = classify(error, stage=stage, others_taken=others_taken)
    assert found is not None
    assert found.permanent is permanent


def test_each_recipient_by_those_before_it() -> None:
    answer = partly_refused(RECIPIENTS, dict.fromkeys(RECIPIENTS[::2], TOO_MANY))
    assert answer.recipients is not None
    assert [answer.recipients[address].outcome for address in RECIPIENTS] == [
        Outcome.FAILED, Outcome.DELIVERED, Outcome.DEFERRED
    ]  # fmt: skip
