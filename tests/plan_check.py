"""A second opinion on a plan: every number of its tables recomputed from the case's tables by `independent`."""

from __future__ import annotations

from typing import Any

import numpy as np
from independent import Reading, target_value, worst_violation

from abate import Plan

#: Relative tolerance of sums, and of limits (as the engine states it, with room for another order of summing).
SUM, LIMIT = 1e-9, 2e-6


def faults(plan: Plan) -> list[str]:
    """Return what is wrong with a plan, in words; empty where nothing is."""
    case = Reading(plan.case)
    extents, installed = decisions(plan)
    load, spent = case.base - case.removed.T @ extents, case.spent(extents, installed)
    found = [*_missing_numbers(plan)]
    violation = worst_violation(case, extents, installed)
    found += [f"a row is passed by {violation:.2g}"] if not violation <= LIMIT else []
    terms = case.base + np.abs(case.removed.T) @ extents
    comparisons: list[tuple[str, Any, Any, Any]] = [
        ("cost", plan.cost, spent.sum(), spent.sum()),
        ("cost of the measures", plan.measures["cost"], spent[installed], spent[installed]),
        ("baseline", plan.allocation["baseline"], case.base, case.base),
        ("allowed", plan.allocation["allowed"], load, terms),
        ("reduction", plan.allocation["reduction"], case.base - load, terms),
        ("percent", plan.allocation["percent"] * case.base / 100, case.base - load, terms),
        *_targets(plan, case, load, spent),
    ]
    found += [what for what, ours, theirs, size in comparisons if _differ(ours, theirs, size)]
    if list(plan.allocation["source"]) != list(case.loads["source"]):
        found.append("order of the allocation")
    return found


def decisions(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Extent of every option in the order of the table, and whether it is installed."""
    used = plan.measures.set_index(["source", "measure"])["extent"].to_dict()
    table = plan.case.tables["options"]
    pairs = list(zip(table["source"], table["measure"], strict=True))
    installed = np.array([pair in used for pair in pairs], dtype=bool)
    assert installed.sum() == len(used)
    return np.array([used.get(pair, 0.0) for pair in pairs]), installed


def _missing_numbers(plan: Plan) -> list[str]:
    tables = {"allocation": plan.allocation, "measures": plan.measures, "attainment": plan.attainment}
    tables |= {"balance": plan.balance, "regions": plan.regions}
    if "linear model" in set(plan.prices["basis"]):  # with its decisions fixed, a plan may have no prices
        tables["prices"] = plan.prices
    return [
        f"{name} has a number that is none"
        for name, table in tables.items()
        if not np.isfinite(table.select_dtypes("number").to_numpy(dtype=float)).all()
    ]


def _targets(plan: Plan, case: Reading, load: np.ndarray, spent: np.ndarray) -> list[tuple[str, Any, Any, Any]]:
    found: list[tuple[str, Any, Any, Any]] = []
    attained = plan.attainment.set_index("target")
    balance = plan.balance.set_index("target")
    for target in case.tables["targets"].itertuples():
        value, size = target_value(case, target, load, spent)
        before, _ = target_value(case, target, case.base, 0.0 * spent)
        row, name = attained.loc[target.target], f"target {target.target!r}"
        found.append((f"{name} after", row["after"], value, size))
        found.append((f"{name} before", row["before"], before, size))
        if target.kind == "budget":
            continue
        parts = balance.loc[target.target]
        held = ["point", "diffuse", "background", "margin", "reserve", "unused"]
        size += parts[held].abs().sum()
        found.append((f"{name} balance", parts["limit"], parts[held].sum(), size))
        found.append((f"{name} shares", parts[["point", "diffuse", "background"]].sum(), value, size))
    return found


def _differ(ours: Any, theirs: Any, size: Any) -> bool:
    gap = np.abs(np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float))
    return not bool((gap <= SUM * np.asarray(size, dtype=float) + 1e-300).all())
