"""What one has to beat: the arrays of a model straight to HiGHS, in a process that imports NumPy and HiGHS only.

HiGHS chooses its method, as it does for whoever sets nothing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import highspy
import numpy as np

from benchmarks.clock import Clock

MODEL = "model.npz"


def main(folder: Path, method: str = "choose") -> dict[str, float]:
    with np.load(folder / MODEL) as stored:
        model = {name: stored[name] for name in stored.files}
    clock = Clock()
    highs = highspy.Highs()
    for name, value in {"output_flag": False, "threads": 1, "solver": method}.items():
        highs.setOptionValue(name, value)
    _pass(highs, model)
    clock.lap("load")
    highs.run()
    clock.lap("solve")
    info = highs.getInfo()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"HiGHS stopped with {highs.modelStatusToString(highs.getModelStatus())}")
    return {**clock.seconds, "memory": clock.peak, "objective": info.objective_function_value}


def _pass(highs: highspy.Highs, model: dict[str, np.ndarray]) -> None:
    highs.passModel(
        len(model["cost"]),
        len(model["row_lower"]),
        len(model["value"]),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        *(model[name] for name in ("cost", "column_lower", "column_upper", "row_lower", "row_upper")),
        *(model[name] for name in ("start", "index", "value", "integer")),
    )


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), *sys.argv[2:])))
