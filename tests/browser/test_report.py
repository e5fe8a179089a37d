"""The report as a reader meets it: opened from a file, without network, in a real browser."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

Open = Callable[..., Any]

#: Milliseconds until something of the page is seen. (A condition to wait for would be a string to evaluate, which the
#: page's own policy forbids.)
FIRST_VIEW = """() => new Promise((done) => new PerformanceObserver((seen) => {
  seen.getEntriesByName("first-contentful-paint").forEach((entry) => done(entry.startTime));
}).observe({ type: "paint", buffered: true }))"""


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """Opens a file in a new page and, at the end, checks that the page was silent and asked for nothing."""
    pages, complaints, requests = [], [], []

    def opened(path: Path, *, width: int = 1280, scheme: str = "light") -> Any:
        page = browser.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("#page[data-ready]")
        return page

    yield opened
    for page in pages:
        page.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert len([url for url in requests if url.startswith("file:")]) == len(pages)


def shown(page: Any, column: int) -> list[str]:
    """The cells of a column of the candidates table, in the order they are seen."""
    return page.eval_on_selector_all(
        "#table-candidates tbody tr", f"rows => rows.map(row => row.cells[{column}].textContent.trim())"
    )


def heads(page: Any) -> list[str]:
    return [head.strip() for head in page.locator("#table-candidates thead th").all_inner_texts()]


def test_it_opens_in_silence_and_asks_for_nothing(open_page: Open, report: Path, pictures: Path) -> None:
    page = open_page(report)
    assert "randomised phase II" in page.title()
    assert page.locator("h1").is_visible()
    assert page.locator("nav a").count() == page.locator("main > section").count() >= 11
    page.screenshot(path=pictures / "desktop.png", full_page=True)


def test_a_click_on_a_head_sorts_by_value_and_a_second_one_turns_it_round(open_page: Open, report: Path) -> None:
    page = open_page(report)
    place = heads(page).index("p")
    head = page.locator("#table-candidates thead th").nth(place)
    page.get_by_role("button", name="Show all").click()
    before = shown(page, place)
    assert len(before) == 600
    head.get_by_role("button").click()
    rising = [float(value) for value in shown(page, place)]
    assert head.get_attribute("aria-sort") == "ascending"
    assert len(rising) == 25
    assert rising == sorted(rising)
    head.get_by_role("button").click()
    page.get_by_role("button", name="Show all").click()
    falling = [float(value) for value in shown(page, place)]
    assert head.get_attribute("aria-sort") == "descending"
    assert falling == sorted(falling, reverse=True)
    assert sorted(falling) == sorted(float(value) for value in before)
    assert shown(page, place) != before


def test_numbers_sort_as_numbers_not_as_text(open_page: Open, report: Path) -> None:
    page = open_page(report)
    place = heads(page).index("Rank")
    page.locator("#table-candidates thead th").nth(place).get_by_role("button").click()
    page.get_by_role("button", name="Show all").click()
    ranks = [int(value) for value in shown(page, place)]
    assert ranks == sorted(ranks)
    assert ranks[-1] == 100


def test_a_head_can_be_used_from_the_keyboard(open_page: Open, report: Path) -> None:
    page = open_page(report)
    place = heads(page).index("Candidate")
    page.locator("#table-candidates thead th").nth(place).get_by_role("button").focus()
    page.keyboard.press("Enter")
    names = [name.removesuffix(" (passes)") for name in shown(page, place)]
    assert names == sorted(names, key=str.casefold)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('th') !== null")


def test_search_filter_and_the_box_narrow_the_rows_and_clear_brings_them_back(open_page: Open, report: Path) -> None:
    page = open_page(report)
    candidate, endpoint, contrast = (heads(page).index(name) for name in ("Candidate", "Endpoint", "Question"))
    output = page.locator("#table-candidates output")
    assert output.inner_text() == "25 of 600 rows"
    page.get_by_label("Search").fill("g0102")
    found = shown(page, candidate)
    assert found
    assert all("G0102" in name for name in found)
    page.get_by_label("Search").fill("nothing like this")
    assert shown(page, candidate) == []
    assert "No row fits" in output.inner_text()
    page.get_by_role("button", name="Clear").click()
    assert output.inner_text() == "25 of 600 rows"
    tools = page.locator("#table-candidates .tools")
    tools.get_by_label("Endpoint").select_option("Tumour change")
    tools.get_by_label("Question").select_option("prognostic")
    assert set(shown(page, endpoint)) == {"Tumour change"}
    assert set(shown(page, contrast)) == {"prognostic"}
    assert output.inner_text() == "25 of 100 rows"
    tools.get_by_label("Only those that pass").check()
    passing = shown(page, candidate)
    assert [name.split()[0] for name in passing] == ["G0102"]


def test_the_shown_rows_can_be_saved(open_page: Open, report: Path, tmp_path: Path) -> None:
    page = open_page(report)
    page.get_by_label("Only those that pass").check()
    page.get_by_role("button", name="Show all").click(timeout=2000) if page.get_by_role(
        "button", name="Show all"
    ).is_visible() else None
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save these rows").click()
    saved.value.save_as(tmp_path / "rows.tsv")
    lines = (tmp_path / "rows.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t")[:3] == ["Rank", "Candidate", "Modality"]
    assert len(lines) == 1 + page.locator("#table-candidates tbody tr.marked").count()
    assert len({line.count("\t") for line in lines}) == 1


def test_choosing_an_endpoint_switches_every_figure(open_page: Open, report: Path) -> None:
    page = open_page(report)
    page.locator("#figure-volcano").get_by_text("Progression-free survival", exact=True).click()
    for figure in ("volcano", "map", "forest"):
        seen = page.locator(f"#figure-{figure} .panel:visible")
        assert seen.count() == 1
        assert seen.get_attribute("data-key") == "pfs"
    assert page.locator("#figure-curves .panel:visible").count() == 1


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_runs_off_the_side(open_page: Open, report: Path, pictures: Path, width: int) -> None:
    page = open_page(report, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for row in page.locator("nav a").all()[:3]:
        assert row.is_visible()
    page.screenshot(path=pictures / f"width-{width}.png", full_page=True)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_of_two_comparisons_narrows_to_one_of_them(
    open_page: Open, three_arm_report: Path, pictures: Path, width: int
) -> None:
    page = open_page(three_arm_report, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    column = next(place for place, head in enumerate(heads(page)) if head.startswith("Comparison"))
    page.get_by_label("Comparison").select_option("high dose vs placebo")
    assert set(shown(page, column)) == {"high dose vs placebo"}
    directions = next(place for place, head in enumerate(heads(page)) if head.startswith("Direction"))
    assert all(words.endswith("more benefit from high dose") for words in shown(page, directions))
    page.screenshot(path=pictures / f"three-arms-{width}.png", full_page=True)


def test_without_script_everything_is_there(browser: Any, report: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.html"
    start, _, end = report.read_text(encoding="utf-8").rpartition("<script>")
    bare.write_text(start + end.partition("</script>")[2], encoding="utf-8")
    page = browser.new_page()
    page.goto(bare.as_uri())
    assert page.locator("#table-candidates tbody tr:visible").count() == 100
    assert 'of <span class="num">600</span> rows' in page.locator("#table-candidates noscript").text_content()
    assert page.locator("#figure-volcano .panel:visible").count() == 3
    assert page.locator("#table-candidates .tools").is_hidden()
    page.close()


def test_in_print_all_panels_are_there_and_no_buttons(open_page: Open, report: Path, pictures: Path) -> None:
    page = open_page(report)
    page.emulate_media(media="print")
    assert page.locator("#figure-volcano .panel:visible").count() == 3
    buttons = page.locator("main button, main select, footer button, nav").all()
    assert [
        one.inner_text() for one in buttons if one.is_visible() and one.locator("xpath=ancestor::th").count() == 0
    ] == []
    page.screenshot(path=pictures / "print.png", full_page=True)


def in_japanese(page: Any) -> None:
    page.get_by_role("button", name="日本語").click()
    page.wait_for_selector("#page[data-ready=ja]")


@pytest.mark.parametrize("width", [360, 1280])
def test_it_switches_to_japanese_and_back_with_all_its_tools(
    open_page: Open, report: Path, pictures: Path, width: int
) -> None:
    page = open_page(report, width=width)
    in_japanese(page)
    assert page.evaluate("document.documentElement.lang") == "ja"
    assert page.get_by_role("heading", name="意思決定の要約").is_visible()
    assert "バイオマーカー報告書" in page.title()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("検索").fill("g0102")
    assert shown(page, 1)
    assert all("G0102" in name for name in shown(page, 1))
    page.screenshot(path=pictures / f"japanese-{width}.png", full_page=True)
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("#page[data-ready=en]")
    assert page.get_by_role("heading", name="Decision summary").is_visible()
    assert page.locator("#table-candidates output").inner_text() == "25 of 600 rows"


def test_the_data_of_a_drawing_is_behind_a_click(open_page: Open, report: Path) -> None:
    page = open_page(report)
    page.locator("#figure-forest details.data summary").first.click()
    data = page.locator("#figure-forest details.data pre").first
    data.get_by_text("estimate").wait_for()
    assert "G0007" in data.inner_text()


def test_a_table_of_twenty_thousand_rows_is_searched_sorted_and_filtered_at_once(
    open_page: Open, report: Path, tmp_path: Path
) -> None:
    import json

    import factory

    from biomarker.report import build
    from biomarker.report.html import render

    document = json.loads(json.dumps(build(factory.inputs(genes=40, curves=None))))
    block = next(b for one in document["sections"] for b in one["blocks"] if b.get("id") == "candidates")
    block["rows"] = [[k + 1, f"GENE{k}", *block["rows"][k % 100][2:]] for k in range(20_000)]
    block["marked"] = [k % 100 == 0 for k in range(20_000)]
    block["links"] = [None] * 20_000
    path = tmp_path / "many.html"
    path.write_text(render(document), encoding="utf-8")
    assert path.stat().st_size < 5_000_000
    page = open_page(path)
    output = page.locator("#table-candidates output")
    assert output.inner_text() == "25 of 20,000 rows"
    took = page.evaluate(
        """() => { const input = document.querySelector('#table-candidates input[type=search]');
        const begun = performance.now(); input.value = 'gene1999'; input.dispatchEvent(new Event('input'));
        return performance.now() - begun; }"""
    )
    assert output.inner_text() == "11 of 11 rows"
    assert took < 1000
    page.get_by_role("button", name="Clear").click()
    page.locator("#table-candidates thead th").nth(0).get_by_role("button").click()
    page.locator("#table-candidates thead th").nth(0).get_by_role("button").click()
    assert shown(page, 1)[0].startswith("GENE19999")
    page.get_by_label("Only those that pass").check()
    assert output.inner_text() == "25 of 200 rows"


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(open_page: Open, report: Path, pictures: Path, scheme: str, language: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(report, scheme=scheme)
    if language == "ja":
        in_japanese(page)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []
    page.screenshot(path=pictures / f"{scheme}-{language}.png")


def test_the_place_in_the_page_is_marked_in_the_contents(open_page: Open, report: Path) -> None:
    from playwright.sync_api import expect

    page = open_page(report)
    page.locator("nav").get_by_text("Methods").click()
    expect(page.locator("nav a[aria-current]")).to_have_attribute("href", "#methods")


@pytest.mark.parametrize("which", ["report", "large_report"])
def test_the_first_view_takes_less_than_two_seconds(
    open_page: Open, which: str, request: pytest.FixtureRequest, pictures: Path
) -> None:
    path = request.getfixturevalue(which)
    assert path.stat().st_size < 5_000_000

    def seconds() -> float:
        page = open_page(path)
        return page.evaluate(FIRST_VIEW) / 1000

    # The best of three: the others say how busy the machine was
    times = list(itertools.islice(iter(seconds, None), 3))
    (pictures / f"first-view-{which}.txt").write_text(f"{times} s, {path.stat().st_size} bytes\n", encoding="utf-8")
    assert min(times) < 2
