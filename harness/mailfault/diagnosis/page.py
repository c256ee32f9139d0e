"""README.md of this folder, generated: the rules of the diagnosis and of the endings, in order. Pure."""

import sys
from collections.abc import Iterable, Sequence

from mailfault.diagnosis.diagnose import DIAGNOSIS_RULES, DiagnosisRule
from mailfault.diagnosis.endings import ENDING_RULES, EndingRule
from mailfault.diagnosis.rule import description_of, name_of

_HEAD = """\
# Diagnosis

`diagnose(entries)` says what really happened to a message, from the journal alone: it knows no scenario, no fault and
no client. Only `coverage.py` looks at faults, and only to refuse a pass.

```
journal -> Evidence          evidence.py: parsed once, by subject
           dns_lookups  ports  packets  connections  policy_records
        -> Session           each connection's part in a delivery:
           client_view       its facts as the client saw them
           replay            folded into a SessionState
           endings           the first ending rule that matches
           policy            what the domain's policies required of it
        -> Case              case.py: all sessions, and the one that decides
        -> Diagnosis         diagnose.py: the first rule that matches; recipients.py: each recipient's own
```

`deliveries.py` diagnoses several messages one after another. This page is generated: `mailfault generate`.
"""
_DIAGNOSIS = """
## Rules of the diagnosis

The first rule that matches decides. The *deciding session* is the last whose lost reply leaves a recipient in doubt, or
else the one at the host that was tried last.
"""
_ENDINGS = """
## Ending rules

What ended a session: the first rule that matches its state decides.
"""


def ending_rules_page() -> str:
    """Render README.md of this folder."""
    return f"{_HEAD}{_DIAGNOSIS}\n{_diagnosis_table(DIAGNOSIS_RULES)}{_ENDINGS}\n{_ending_table(ENDING_RULES)}"


def _diagnosis_table(rules: Sequence[DiagnosisRule]) -> str:
    rows = [(f"`{name_of(rule.find)}`", description_of(rule.find)) for rule in rules]
    return _table(("", "rule", "matches if"), rows)


def _ending_table(rules: Sequence[EndingRule]) -> str:
    rows = [(f"`{rule.name}`", description_of(rule.find), str(rule.failure or "")) for rule in rules]
    return _table(("", "rule", "matches if", "failure"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    numbered = [(str(number), *row) for number, row in enumerate(rows, start=1)]
    lines = [head, ["---"] * len(head), *numbered]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(ending_rules_page())
