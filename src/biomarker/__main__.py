"""``python -m biomarker`` is ``biomarker``."""

import sys

from biomarker.cli.app import main

sys.exit(main())
