"""The page of a fault."""

import inspect
import types
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from mailfault.cli.pages.failure_page import add_ids
from mailfault.cli.pages.page import Page
from mailfault.scenario.layers import layer_of
from mailfault_servers.fault import Fault

_PLAIN = {
    int: "whole number",
    float: "length of time: '250ms', '3s', '2m', '3h', '1d'",
    str: "text",
    bool: "true or false",
}


def fault_page(cls: type[Fault], users: Sequence[str]) -> Page:
    """Return the page of a fault: its effect, its parameters, its line in a scenario, and the scenarios that use it."""
    layer = layer_of(cls)
    page = Page(cls.id, f"A fault of {layer.subject}: one deviation from honest behaviour.")
    page.gap()
    page.text(inspect.getdoc(cls) or "", indent=0)
    own = {name: field for name, field in cls.model_fields.items() if name not in Fault.model_fields}
    if own:
        page.heading("Parameters")
        _add_fields(page, own)
    page.heading("Schedule (for every fault)")
    _add_fields(page, Fault.model_fields)
    page.heading("In a scenario")
    needed = "".join(f", {name} = ..." for name, field in own.items() if field.is_required())
    place = "" if "host" in layer.tables else f"   # under [{layer.tables[0]}]"
    page.verbatim(f'faults = [{{ use = "{cls.id}"{needed} }}]' + place)
    add_ids(page, "Scenarios that use it", users)
    return page


def _add_fields(page: Page, fields: "dict[str, FieldInfo]") -> None:
    for name, field in fields.items():
        description = " ".join((field.description or "").split())
        is_time = any(isinstance(entry, BeforeValidator) for entry in field.metadata)
        kind = "number" if field.annotation is float and not is_time else describe_type(field.annotation)
        page.term(name, f"{description} ({kind}; {_default(field)})".lstrip())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined or value is None:
        return "default: absent"
    return f"default: {'none' if value == () else value}"


def describe_type(annotation: Any) -> str:
    """Describe the type of a parameter, with its legal values if they are few."""
    if annotation is None or annotation is type(None):
        return ""
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return "one of " + ", ".join(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "one of " + ", ".join(str(value) for value in arguments)
    if origin is Annotated:
        return describe_type(arguments[0])
    if origin in (Union, types.UnionType):
        return " or ".join(filter(None, (describe_type(argument) for argument in arguments)))
    if origin in (tuple, list, frozenset):
        return f"list of: {describe_type(arguments[0])}"
    return _PLAIN.get(annotation, getattr(annotation, "__name__", str(annotation)))
