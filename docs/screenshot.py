"""Take the picture of a report: `python docs/screenshot.py results/demo/report/index.html docs/images/report.png`.

Needs Chromium (Debian: `apt install chromium`). The picture is cut to fewer colours, which is a third of the bytes.
"""

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

WIDTH, HEIGHT, COLOURS = 1280, 1130, 96


def take(report: Path, picture: Path, *, section: str = "") -> None:
    """Open the report in headless Chromium and store what its window shows.

    Raises
    ------
    FileNotFoundError
        Chromium is not installed, or the report does not exist.
    """
    from PIL import Image

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise FileNotFoundError("Chromium is not installed")
    address = report.resolve(strict=True).as_uri() + (f"#{section}" if section else "")
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
        command = [chromium, *options, f"--user-data-dir={folder}/profile", f"--screenshot={shot}", address]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.open(shot).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--section", default="", help="id of the section to show: candidates, volcano, map, curves ...")
    given = parser.parse_args()
    take(given.report, given.picture, section=given.section)
