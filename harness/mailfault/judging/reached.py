"""Compare the expectation with the evidence: without the expected fault nothing can be judged."""

from mailfault.codes.code_map import CodeMap
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.judging.claims import same_code
from mailfault.judging.formatting import format_expected, format_happened
from mailfault.scenario.model import Expect, Scenario


def not_reached(scenario: Scenario, diagnosis: Diagnosis, code_map: CodeMap) -> str | None:
    """Explain how the evidence differs from the expectation. Return None if they agree."""
    expect = scenario.expect
    if not diagnosis.happened:
        return f"expected {format_expected(expect, code_map)}, but {diagnosis.sentence}"
    pairs = [(expect, diagnosis)]
    if expect.recipients:
        pairs = [for_recipient(expect, diagnosis, recipient) for recipient in scenario.connector.recipients]
    for wanted, found in pairs:
        if not _agree(wanted, found):
            return (
                f"expected {format_expected(wanted, code_map)}, "
                f"but {format_happened(found, code_map)} is what happened: {found.sentence}"
            )
    return None


def for_recipient(expect: Expect, diagnosis: Diagnosis, recipient: str) -> tuple[Expect, Diagnosis]:
    """Return the expectation and the diagnosis of one recipient: its own, or else those of the whole delivery."""
    expected = {address.lower(): own for address, own in (expect.recipients or {}).items()}
    return expected.get(recipient.lower(), expect), diagnosis.recipients.get(recipient.lower(), diagnosis)


def _agree(expect: Expect, diagnosis: Diagnosis) -> bool:
    if expect.server is not None and diagnosis.server != expect.server:
        return False
    if expect.failure is None:
        return diagnosis.delivered
    if diagnosis.delivered or diagnosis.failure is not expect.failure:
        return False
    if expect.code is not None and diagnosis.code is not None and not same_code(expect.code, diagnosis.code):
        return False
    if expect.reply is not None:
        return diagnosis.reply is not None and _same_words(expect.reply, str(diagnosis.reply))
    return True


def _same_words(text: str, other: str) -> bool:
    """Compare two replies without regard to blanks and line ends."""
    return text.split() == other.split()
