"""The glyphs that a page in Japanese needs, as a font inside the page."""

import base64
import io
from functools import cache
from importlib import resources

__all__ = ["font_face"]

#: What a browser takes from the font: punctuation of CJK, kana, kanji, full-width forms; all else is its own.
RANGES = ((0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))


def font_face(text: str) -> str:
    """A style sheet with the glyphs of a text; empty where it has no Japanese.

    Glyphs that the carried font lacks (rare kanji in a study's own names) come from the reader's own fonts.
    """
    used = frozenset(code for code in map(ord, set(text)) if any(low <= code <= high for low, high in RANGES))
    if not used:
        return ""
    span = ",".join(f"U+{low:X}-{high:X}" for low, high in RANGES)
    return (
        '@font-face{font-family:"Report Japanese";font-display:swap;'
        f"unicode-range:{span};src:url(data:font/woff;base64,{_subset(used)}) format('woff')}}"
    )


@cache
def _subset(used: frozenset[int]) -> str:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    whole = resources.files("biomarker.report").joinpath("fonts", "NotoSansCJKjp-Regular.subset.otf").read_bytes()
    font = TTFont(io.BytesIO(whole), recalcTimestamp=False)
    options = Options(hinting=False, layout_features=[], notdef_outline=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=used)
    subsetter.subset(font)
    font.flavor = "woff"
    held = io.BytesIO()
    font.save(held, reorderTables=True)
    return base64.b64encode(held.getvalue()).decode()
