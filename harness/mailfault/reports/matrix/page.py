"""The matrix as one self-contained HTML page: it fetches no script, style or picture."""

from mailfault.events import Ending
from mailfault.reports.matrix.matrix import Matrix
from mailfault.reports.printable import printable


def as_page(matrix: Matrix) -> str:
    """Return the page, with all text of clients escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("mailfault.reports.matrix", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    return environment.get_template("page.html.jinja").render(matrix=matrix, endings=tuple(Ending))
