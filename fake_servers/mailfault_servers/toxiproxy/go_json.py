"""JSON as Go's encoding/json reads and writes it, with its messages: they are part of what Toxiproxy's API answers."""

import json
import struct
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

_SPACE = " \t\r\n"
_DIGITS = "0123456789"
_DEEPEST = 10_000
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_INTEGERS = ("int64", "int")


class BadJson(ValueError):
    """The message is Go's."""


class Number(str):
    """A number as it was written."""


class Object(list[tuple[str, Any]]):
    """An object as it was written: every key, in order, twice where it stands there twice."""


class Float32(float):
    """A number of Go's type float32, which is written with as few digits as tell it from its neighbours."""


def read(data: bytes) -> Any:
    """The first value in `data`; whatever follows it is not looked at. Raises BadJson."""
    text = data.decode("latin-1")
    start = _spaces(text, 0)
    if start == len(text):
        raise BadJson("EOF")
    end = _scan(text, start)
    try:
        return json.loads(
            data[start:end].decode("utf-8", "replace"),
            parse_int=Number,
            parse_float=Number,
            object_pairs_hook=Object,
        )
    except RecursionError:
        raise BadJson("exceeded max depth") from None


def _spaces(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _char(text: str, at: int) -> str:
    if at >= len(text):
        raise BadJson("unexpected EOF")
    return text[at]


def _unexpected(char: str, where: str) -> BadJson:
    """Go quotes a byte as the character of that number."""
    if char in "'\"":
        shown = {"'": r"'\''", '"': "'\"'"}[char]
    elif char == "\\":
        shown = r"'\\'"
    elif char in "\a\b\f\n\r\t\v":
        shown = (
            "'"
            + {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}[char]
            + "'"
        )
    elif ord(char) < 0x20 or ord(char) == 0x7F:
        shown = f"'\\x{ord(char):02x}'"
    elif 0x80 <= ord(char) <= 0xA0 or ord(char) == 0xAD:
        shown = f"'\\u{ord(char):04x}'"
    else:
        shown = f"'{char}'"
    return BadJson(f"invalid character {shown} {where}")


def _scan(text: str, at: int) -> int:
    """Where the value that begins at `at` ends. Raises BadJson."""
    open_ones: list[str] = []
    wants_value = True
    while True:
        at = _spaces(text, at)
        if wants_value:
            char = _char(text, at)
            if char in "{[":
                open_ones.append(char)
                if len(open_ones) > _DEEPEST:
                    raise BadJson("exceeded max depth")
                at = _spaces(text, at + 1)
                if _char(text, at) == {"{": "}", "[": "]"}[char]:
                    wants_value = False
                elif char == "{":
                    at = _key(text, at)
                continue
            at = _scalar(text, at)
            wants_value = False
        if not open_ones:
            return at
        at = _spaces(text, at)
        char = _char(text, at)
        inside = open_ones[-1]
        if char == {"{": "}", "[": "]"}[inside]:
            open_ones.pop()
            at += 1
            if not open_ones:
                return at
        elif char == ",":
            at = _key(text, _spaces(text, at + 1)) if inside == "{" else at + 1
            wants_value = True
        else:
            raise _unexpected(char, "after object key:value pair" if inside == "{" else "after array element")


def _key(text: str, at: int) -> int:
    """Past a key and its colon."""
    char = _char(text, at)
    if char != '"':
        raise _unexpected(char, "looking for beginning of object key string")
    at = _spaces(text, _string(text, at))
    char = _char(text, at)
    if char != ":":
        raise _unexpected(char, "after object key")
    return at + 1


def _scalar(text: str, at: int) -> int:
    char = text[at]
    if char == '"':
        return _string(text, at)
    if char == "-" or char in _DIGITS:
        return _number(text, at)
    literal = _LITERALS.get(char)
    if literal is None:
        raise _unexpected(char, "looking for beginning of value")
    for offset, expected in enumerate(literal):
        found = _char(text, at + offset)
        if found != expected:
            raise _unexpected(found, f"in literal {literal} (expecting '{expected}')")
    return at + len(literal)


def _string(text: str, at: int) -> int:
    at += 1
    while (char := _char(text, at)) != '"':
        if char < " ":
            raise _unexpected(char, "in string literal")
        at += 1
        if char == "\\":
            char = _char(text, at)
            at += 1
            if char == "u":
                for _ in range(4):
                    if (digit := _char(text, at)) not in "0123456789abcdefABCDEF":
                        raise _unexpected(digit, r"in \u hexadecimal character escape")
                    at += 1
            elif char not in '"\\/bfnrt':
                raise _unexpected(char, "in string escape code")
    return at + 1


def _number(text: str, at: int) -> int:
    if text[at] == "-":
        at += 1
        if _char(text, at) not in _DIGITS:
            raise _unexpected(text[at], "in numeric literal")
    at = at + 1 if text[at] == "0" else _digits(text, at, "in numeric literal")
    if text[at : at + 1] == ".":
        at = _digits(text, at + 1, "after decimal point in numeric literal")
    if text[at : at + 1] in ("e", "E"):
        at += 1
        if _char(text, at) in "+-":
            at += 1
        at = _digits(text, at, "in exponent of numeric literal")
    return at


def _digits(text: str, at: int, where: str) -> int:
    if _char(text, at) not in _DIGITS:
        raise _unexpected(text[at], where)
    while text[at : at + 1] and text[at] in _DIGITS:
        at += 1
    return at


class Struct:
    """What Go would decode into: the fields, and the names that stand in its complaints."""

    def __init__(self, fields: Mapping[str, "str | Struct"], *, go_type: str, path: str) -> None:
        """`fields`: name to Go's type, or to a struct. `path`: what stands before a field's name in a complaint."""
        self.fields: Final = fields
        self.go_type: Final = go_type
        self.path: Final = path

    def decode(self, value: Any, where: str = "value") -> dict[str, Any]:
        """The fields that are there and not null. Raises BadJson where a value is of a wrong type."""
        if value is None:
            return {}
        if not isinstance(value, Object):
            raise _wrong_type(value, where, self.go_type)
        found: dict[str, Any] = {}
        for key, one in value:
            name = self._field(key)
            if name is None or one is None:
                continue
            kind = self.fields[name]
            place = f"struct field {self.path}.{name}"
            if isinstance(kind, Struct):
                found[name] = {**found.get(name, {}), **kind.decode(one, place)}
            else:
                found[name] = _scalar_of(one, kind, place)
        return found

    def _field(self, key: str) -> str | None:
        if key in self.fields:
            return key
        return next((name for name in self.fields if name.lower() == key.lower()), None)


def array_of(value: Any, go_type: str) -> list[Any]:
    """The elements of an array; none for null. Raises BadJson."""
    if value is None:
        return []
    if not isinstance(value, list) or isinstance(value, Object):
        raise _wrong_type(value, "value", go_type)
    return value


def _scalar_of(value: Any, kind: str, where: str) -> Any:
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "string" and isinstance(value, str) and not isinstance(value, Number):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Number):
        if kind == "float32":
            return _float32(value, where)
        if kind in _INTEGERS:
            return _integer(value, kind, where)
    raise _wrong_type(value, where, kind)


def _float32(value: Number, where: str) -> Float32:
    try:
        return Float32(struct.unpack("<f", struct.pack("<f", float(value)))[0])
    except OverflowError:
        raise BadJson(f"json: cannot unmarshal number {value} into Go {where} of type float32") from None


def _integer(value: Number, kind: str, where: str) -> int:
    if len(value) <= 20 and value.removeprefix("-").isdigit() and -(2**63) <= int(value) < 2**63:
        return int(value)
    raise BadJson(f"json: cannot unmarshal number {value} into Go {where} of type {kind}")


def _wrong_type(value: Any, where: str, go_type: str) -> BadJson:
    if isinstance(value, bool):
        kind = "bool"
    elif isinstance(value, Number):
        kind = "number"
    elif isinstance(value, str):
        kind = "string"
    else:
        kind = "object" if isinstance(value, Object) else "array"
    return BadJson(f"json: cannot unmarshal {kind} into Go {where} of type {go_type}")


def write(value: Any) -> str:
    """The value as Go writes it: no blanks, and nothing in it that a browser could take for HTML."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{write(key)}:{write(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write, value)) + "]"
    if isinstance(value, Float32):
        return _written(value)
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        for char in "<>&\u2028\u2029":
            text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _written(value: Float32) -> str:
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
