"""Take a picture of a report, as in `docs/images`.

    python docs/screenshot.py results/demo/report/index.html docs/images/report.png
    python docs/screenshot.py results/demo/report/index.html docs/images/report-curves.png --section curves

Needs Chromium (Debian: `apt install chromium`).
"""

import argparse
import io
import shutil
from pathlib import Path

WIDTH, HEIGHT = 1280, 1350


def take(report: Path, picture: Path, *, section: str = "") -> None:
    """Open the report in headless Chromium and store what its window shows, or one section.

    Raises
    ------
    FileNotFoundError
        Chromium is not installed, or the report does not exist.
    """
    from PIL import Image
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise FileNotFoundError("Chromium is not installed")
    address = report.resolve(strict=True).as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--hide-scrollbars"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(address)
        shot = page.locator(f"#{section}").screenshot() if section else page.screenshot()
        browser.close()
    picture.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(shot)).convert("RGB").save(picture, optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--section", default="", help="id of the section to show: candidates, volcano, map, curves ...")
    given = parser.parse_args()
    take(given.report, given.picture, section=given.section)
