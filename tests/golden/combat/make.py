"""ComBat of inmoose on small data: run `python make.py` where inmoose is installed; writes the tables beside itself.

inmoose is under the GPL: it is run here and nothing of it is copied.
"""

import importlib.metadata
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from inmoose.pycombat import pycombat_norm

HERE = Path(__file__).resolve().parent


def main() -> None:
    draw = np.random.default_rng(20261122)
    batch = np.repeat(["A", "B", "C"], [8, 12, 7])
    group = np.tile([0, 1], 14)[:27]
    values = draw.normal(5, 1, (40, 27)) + 0.8 * group * (np.arange(40) < 10)[:, None]
    for name, shift, scale in (("B", 1.0, 1.6), ("C", -0.7, 0.6)):
        here = batch == name
        values[:, here] = 5 + scale * (values[:, here] - 5) + shift + draw.normal(0, 0.3, (40, 1))
    names = [f"s{i:02d}" for i in range(27)]
    table = pd.DataFrame(values.round(6), columns=names, index=[f"g{k:02d}" for k in range(40)])
    plain = pycombat_norm(table, list(batch))
    kept = pycombat_norm(table, list(batch), covar_mod=pd.DataFrame({"group": group.astype(str)}, index=names))
    stored = {
        "batch": batch.tolist(),
        "group": group.tolist(),
        "values": table.to_numpy().tolist(),
        "plain": np.asarray(plain).tolist(),
        "kept": np.asarray(kept).tolist(),
        "versions": {"inmoose": importlib.metadata.version("inmoose"), "python": sys.version.split()[0]},
    }
    (HERE / "expected.json").write_text(json.dumps(stored) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
