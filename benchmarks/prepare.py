"""Make a synthetic case and its model, and leave them on disk for the measured processes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from abate.attainable import resolve_limits
from abate_data.synthetic import synthetic_case
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.problem import read_problem
from benchmarks.stored import save_case, save_model


def main(folder: Path, size: dict[str, float]) -> None:
    case = synthetic_case("air", **size)
    save_case(case, folder)
    save_model(compile_model(assemble(resolve_limits(read_problem(case))[0])), folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
    print("{}")
