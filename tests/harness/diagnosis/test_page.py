from pathlib import Path

import mailfault.diagnosis
from mailfault.diagnosis.diagnose import DIAGNOSIS_RULES
from mailfault.diagnosis.endings import ENDING_RULES
from mailfault.diagnosis.page import ending_rules_page

README = Path(mailfault.diagnosis.__file__).with_name("README.md")


def test_the_committed_page_is_current() -> None:
    assert README.read_text("utf-8") == ending_rules_page(), (
        "rewrite it: python -m mailfault.diagnosis.page > harness/mailfault/diagnosis/README.md"
    )


def test_the_page_lists_every_rule_in_order() -> None:
    rows = [line.split(" | ")[1].strip("`") for line in ending_rules_page().splitlines() if line.startswith("| ")]
    names = [row for row in rows if row not in ("rule", "---")]
    assert names == [rule.name for rule in (*DIAGNOSIS_RULES, *ENDING_RULES)]
