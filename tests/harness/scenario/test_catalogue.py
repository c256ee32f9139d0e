from harness.scenario.catalogue import catalogue
from harness.scenario.loader import SHIPPED, load_shipped


def test_the_committed_page_is_what_would_be_written() -> None:
    written = (SHIPPED / "README.md").read_text("utf-8")
    assert written == catalogue(load_shipped()), (
        "write it anew: python -m harness.scenario.catalogue > scenarios/README.md"
    )


def test_every_story_stands_in_it_once() -> None:
    page = catalogue(load_shipped())
    for story in {one.id.partition("[")[0] for one in load_shipped()}:
        assert page.count(f"[{story}]({story}.toml)") == 1
