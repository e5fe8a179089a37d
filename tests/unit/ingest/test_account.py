"""What may not be a baseline feature."""

import polars as pl
import pytest

from biomarker.data.matrix import FeatureValues
from biomarker.errors import LeakageError
from biomarker.ingest.account import refuse_post_baseline


def test_a_column_that_is_listed_as_post_baseline_is_refused_with_the_reason():
    names = ["cd4", "cd4_w20"]
    table = pl.DataFrame({"feature_id": names, "label": names, "unit": ["", ""]})
    content = FeatureValues(values=None, features=table, subject_ids=("a",), scale="native")
    refuse_post_baseline(content, {"other": "later"}, "labs")
    with pytest.raises(LeakageError, match=r"labs.*cd4_w20 \(week 20\)"):
        refuse_post_baseline(content, {"cd4_w20": "week 20"}, "labs")
    with pytest.raises(LeakageError, match=r"cd4_w20 \(week 20\)"):
        refuse_post_baseline(content, {"CD4_W20": "week 20"}, "labs")
