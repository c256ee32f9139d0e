"""The rules of CONTRIBUTING.md, "How we write", as far as they can be asserted."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = {
    "mailfault": ROOT / "harness" / "mailfault",
    "mailfault_servers": ROOT / "fake_servers" / "mailfault_servers",
    "scenarios": ROOT / "scenarios",
    "tests": ROOT / "tests",
}
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "harness", "fake_servers", "scenarios", "tests")

OPENERS = re.compile(
    r"(What|Whether|Where|How|Who|Whom|Whose|Whoever|Whatever|Which|Of|That|So|None|Wherever|Whenever)\b(?! if\b)"
)
"""First words of a sentence that a reader has to parse twice."""
BANNED = re.compile(
    r"\b(so-manyth|heeds?|heeded|heeding|anew|whoever|whosoever|thereof|hereof|of nobody|to nobody|none that|as it were"
    r"|by the look of it|None: nowhere|None: it does not|None: it is not)\b",
    re.IGNORECASE,
)
PRONOUNS = frozenset({"one", "its", "told", "said", "their", "theirs"})
"""Names that say nothing about a loop variable."""


def sources(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*.py")) if "programs" not in path.relative_to(root).parts)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of all docstrings, those of attributes and constants too."""
    for node in ast.walk(parsed(path)):
        for statement in getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
            match statement:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield statement.lineno, text


def comments(path: Path) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def loop_names(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and name of loop variables, comprehension variables and lambda parameters."""
    for node in ast.walk(parsed(path)):
        match node:
            case ast.For(target=target) | ast.AsyncFor(target=target):
                line = node.lineno
                names = [name.id for name in ast.walk(target) if isinstance(name, ast.Name)]
            case ast.comprehension(target=target):
                line = target.lineno
                names = [name.id for name in ast.walk(target) if isinstance(name, ast.Name)]
            case ast.Lambda(args=args):
                line = node.lineno
                names = [argument.arg for argument in args.args]
            case _:
                continue
        yield from ((line, name) for name in names)


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


@pytest.mark.parametrize("package", SOURCES)
def test_docstrings_open_with_a_verb_or_a_noun(package: str) -> None:
    wrong = [
        f"{where(path, line)}: {text.strip().splitlines()[0]}"
        for path in sources(SOURCES[package])
        for line, text in docstrings(path)
        if OPENERS.match(text.strip())
    ]
    assert wrong == []


@pytest.mark.parametrize("package", SOURCES)
def test_no_banned_word_in_docstrings_and_comments(package: str) -> None:
    wrong = [
        f"{where(path, line)}: {found[0]}"
        for path in sources(SOURCES[package])
        if path != Path(__file__)
        for line, text in (*docstrings(path), *comments(path))
        if (found := BANNED.search(text))
    ]
    assert wrong == []


@pytest.mark.parametrize("package", SOURCES)
def test_loop_variables_are_nouns(package: str) -> None:
    wrong = [
        f"{where(path, line)}: {name}"
        for path in sources(SOURCES[package])
        for line, name in loop_names(path)
        if name in PRONOUNS
    ]
    assert wrong == []


def test_no_banned_word_in_pages() -> None:
    pages = [
        path for name in PAGES for path in ((ROOT / name).rglob("*.md") if (ROOT / name).is_dir() else [ROOT / name])
    ]
    assert len(pages) >= 10
    wrong = [
        f"{where(path, number)}: {found[0]}"
        for path in pages
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if (found := BANNED.search(line))
    ]
    assert wrong == []
