from mailfault.scenario.catalogue import catalogue, row_of
from mailfault.scenario.loader import SHIPPED, file_of, load_shipped


def test_the_committed_page_is_what_would_be_written() -> None:
    written = (SHIPPED / "README.md").read_text("utf-8")
    assert written == catalogue(load_shipped()), "it is out of date; run `mailfault generate`"


def test_every_story_stands_in_it_once() -> None:
    page = catalogue(load_shipped())
    for row in {row_of(scenario) for scenario in load_shipped()}:
        file = file_of(SHIPPED, row).relative_to(SHIPPED)
        assert page.count(f"| [{row}]({file}) |") == 1
        assert (SHIPPED / file).is_file()
