"""Settings of the documentation: `make docs` builds it offline, and a warning is an error."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "_ext"))

import biomarker

project = "biomarker"
author = "The biomarker developers"
copyright = "The biomarker developers, Apache License 2.0"
version = release = biomarker.__version__

extensions = ["myst_parser", "generated", "mathml"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

exclude_patterns = ["_build", "_ext"]

html_theme = "furo"
html_title = f"biomarker {release}"
html_copy_source = False
html_show_sphinx = False
# The same sources give the same pages: no date of building
html_last_updated_fmt = None
