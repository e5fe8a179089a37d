"""Make the part of Noto Sans CJK JP that reports carry: `python docs/font_subset.py` (Debian's fonts-noto-cjk)."""

from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection

SOURCE = Path("/usr/share/fonts/opentype/noto")
TARGET = Path(__file__).resolve().parents[1] / "src" / "biomarker" / "report" / "fonts"

#: Latin, Greek, punctuation, super- and subscripts, letterlike signs, arrows, mathematics, shapes, kana, full width.
RANGES = (
    (0x20, 0x180), (0x370, 0x400), (0x2010, 0x20A0), (0x20AC, 0x20AD), (0x2100, 0x2150), (0x2190, 0x21A0),
    (0x2200, 0x2300), (0x2500, 0x2600), (0x2700, 0x2720), (0x3000, 0x3100), (0xFF00, 0xFFF0),
)  # fmt: skip


def level_one() -> set[int]:
    """The kanji of JIS X 0208, level 1: rows 16 to 47."""
    found = set()
    for row in range(0x30, 0x50):
        for cell in range(0x21, 0x7F):
            try:
                found.add(ord(bytes([0x1B, 0x24, 0x42, row, cell, 0x1B, 0x28, 0x42]).decode("iso2022_jp")))
            except UnicodeDecodeError:
                continue
    return found


def main() -> None:
    """Write both weights."""
    wanted = {code for low, high in RANGES for code in range(low, high)} | level_one()
    for weight in ("Regular", "Bold"):
        fonts = TTCollection(SOURCE / f"NotoSansCJK-{weight}.ttc").fonts
        font = next(one for one in fonts if one["name"].getDebugName(1) == "Noto Sans CJK JP")
        options = Options(hinting=False, layout_features=["kern"], name_IDs=["*"], name_languages=[0x409])
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=wanted)
        subsetter.subset(font)
        font.save(TARGET / f"NotoSansCJKjp-{weight}.subset.otf")


if __name__ == "__main__":
    main()
