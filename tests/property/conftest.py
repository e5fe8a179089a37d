"""Where the examples of these tests are found."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the tests are imported by path, so that their helper has no package
