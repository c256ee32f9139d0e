"""JSON bodies of Toxiproxy's API: typed reading of requests, and answers written as Go writes them."""

import json
import struct
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Never, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator


class BadJson(ValueError):
    """A body that is not JSON, or whose fields have wrong types. The message says where."""


class Float32(float):
    """A number of Go's type float32. It is written with the fewest digits that identify it."""


class Body(BaseModel):
    """A JSON object with typed fields. As in Go, names match in any case, null is absent, other names are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _match_names(cls, value: Any) -> Any:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise ValueError("expected an object")
        names = {name.lower(): name for name in cls.model_fields}
        return {names.get(key.lower(), key): _whole(item) for key, item in value.items() if item is not None}

    @classmethod
    def of(cls, value: Any) -> Self:
        """Type a value that was read from JSON. Raises BadJson."""
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            path = ".".join(map(str, first["loc"]))
            raise BadJson(f"{path}: {first['msg']}" if path else first["msg"]) from None

    def given(self) -> dict[str, Any]:
        """Return the fields that the request has."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def _whole(item: Any) -> Any:
    """Replace lone surrogates in a text by U+FFFD, as Go does."""
    return item.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(item, str) else item


def _to_float32(value: float) -> Float32:
    try:
        return Float32(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        raise ValueError(f"{value} is too large for 32 bits") from None


ReadFloat32 = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_to_float32)]


def read(data: bytes) -> Any:
    """Return the first value in `data` and ignore the rest, as Go's decoder does. Raises BadJson."""
    text = data.decode("utf-8", "replace").lstrip(" \t\r\n")
    try:
        value, _ = _DECODER.raw_decode(text)
    except RecursionError:
        raise BadJson("nested too deeply") from None
    except ValueError as error:
        raise BadJson(str(error)) from None
    return value


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def write(value: Any) -> str:
    """Return the value as Go writes it: without blanks, and with HTML's special characters escaped."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{write(key)}:{write(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write, value)) + "]"
    if isinstance(value, Float32):
        return _write_float32(value)
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        for char in "<>&\u2028\u2029":
            text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _write_float32(value: Float32) -> str:
    if not value:
        return "-0" if str(float(value)).startswith("-") else "0"
    digits = next(
        text
        for text in (f"{value:.{n}g}" for n in range(1, 10))
        if struct.pack("<f", float(text)) == struct.pack("<f", value)
    )
    if 1e-6 <= abs(value) < 1e21:
        return f"{Decimal(digits):f}"
    mantissa, _, exponent = f"{Decimal(digits):e}".partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0').zfill(1 if exponent[0] == '-' else 2)}"
