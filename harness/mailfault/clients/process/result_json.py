"""A delivery result as JSON, from one process to another."""

from dataclasses import replace
from typing import Any

from mailfault.contract import Answer, Answered, Crashed, Declined, DeliveryResult, Hung


def result_to_json(result: DeliveryResult) -> dict[str, Any]:
    """Return one object whose first key names the kind of result."""
    match result:
        case Answered(answer):
            return {"answered": answer.to_json(), "said_by": answer.said_by}
        case Crashed(reason):
            return {"crashed": reason}
        case Declined(reason):
            return {"declined": reason}
        case Hung(deadline_s):
            return {"hung": deadline_s}


def result_from_json(data: dict[str, Any]) -> DeliveryResult:
    """Return the result that `result_to_json` wrote."""
    match data:
        case {"answered": answer, "said_by": said_by}:
            return Answered(replace(Answer.from_json(answer), said_by=said_by))
        case {"crashed": reason}:
            return Crashed(reason)
        case {"declined": reason}:
            return Declined(reason)
        case _:
            return Hung(float(data["hung"]))
