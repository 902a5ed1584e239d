"""What is done for a page, in a process of its own: read and check a case, plan, compare, explore; and write the files.

What comes back is plain data for pages: facts, tables and findings. Nothing is said in words here, for it is not known
in which language the page is read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from abate.comparison.comparing import compare
from abate.comparison.plans import every_strategy
from abate.decomposing import decompose
from abate.errors import AbateError, InputError, NoPlanError
from abate.front.effort import Effort
from abate.front.explore import explore
from abate.front.usual import usual_objectives
from abate.ledger.canonical import dumps
from abate.plan import Plan
from abate.serve import scenarios
from abate.serve.places import UPLOAD
from abate.serve.tables import plain_table
from abate.strategies.allocate import allocate
from abate.strategies.study import Study
from abate.tables import objective_unit
from abate.workbook import write_comparison, write_front, write_plan, write_revision
from abate_data.case import Case
from abate_data.errors import Finding
from abate_data.read import load
from abate_data.remarks import notes
from abate_models.objectives import OBJECTIVES, RATIOS

logger = logging.getLogger(__name__)

#: Called with what is being done, how many steps are done and how many there are; 0 where that is not known.
Step = Callable[[str, int, int], None]
#: What came of work: it was done, the input is not in order, there is no plan, or something failed.
DONE, FINDINGS, NO_PLAN, FAILED = "done", "findings", "no_plan", "failed"
#: Findings that a page shows; the marked workbook has all of them.
LISTED = 500
#: Files by what they are.
REPORT, WORKBOOK, MARKED = "report-{}.html", "plan.xlsx", "marked.xlsx"


def do(task: dict[str, Any], step: Step) -> dict[str, Any]:
    """Do one task, and return what came of it with its `status`.

    Parameters
    ----------
    task : `work` (a key of `WORKS`), `source` and `scenario` of the case, `folder` for files, and what the work asks.
    """
    folder = Path(task["folder"])
    try:
        step("reading the case", 0, 0)
        return {"status": DONE, **WORKS[task["work"]](task, folder, step)}
    except InputError as error:
        return {"status": FINDINGS, **_findings(task, error, folder)}
    except NoPlanError as error:
        return {"status": NO_PLAN, **no_plan_facts(error)}
    except (AbateError, OSError) as error:
        return {"status": FAILED, "message": str(error)}
    except MemoryError:
        return {"status": FAILED, "message": "there is not enough memory"}
    except Exception as error:
        logger.exception("work %r failed", task["work"])
        return {"status": FAILED, "message": f"{type(error).__name__}: {error}"}


def no_plan_facts(error: NoPlanError) -> dict[str, Any]:
    """Return why there is no plan, and what would give one."""
    return {
        "message": str(error),
        "conflict": error.conflict,
        "relaxed_cost": _finite(error.relaxed_cost),
        "tables": {"reach": plain_table(error.reach), "relaxation": plain_table(error.relaxation)},
    }


def _findings(task: dict[str, Any], error: InputError, folder: Path) -> dict[str, Any]:
    """Return the findings, and write them into a copy of the workbook where the case is one."""
    from abate_data.marked import write_marked

    files = []
    source = Path(str(task["source"]))
    if task["work"] != "cycle" and source.is_file():
        try:
            write_marked(source, _called(task, error.findings), folder / MARKED)
            files.append(MARKED)
        except (AbateError, OSError):
            logger.info("%s cannot be marked", source.name)
    return {"findings": _plain(error.findings), "count": len(error.findings), "files": files}


def _called(task: dict[str, Any], findings: Sequence[Finding]) -> list[Finding]:
    """Return findings that name an upload as it was sent."""
    about, own = task.get("case", {}), Path(str(task["source"])).name
    if about.get("kind") != UPLOAD:
        return list(findings)
    label = about["label"]
    return [replace(one, table=one.table.replace(own, label), value=one.value.replace(own, label)) for one in findings]


def _plain(findings: Any) -> list[dict[str, str]]:
    return [asdict(one) for one in findings[:LISTED]]


def _check(task: dict[str, Any], _folder: Path, _step: Step) -> dict[str, Any]:
    """Read a case, and say what is in it and what can be asked of it."""
    case = load(task["source"], task.get("scenario"))
    settings = case.settings
    return {
        "facts": {
            "label": case.label,
            "title": settings.title,
            "description": settings.description,
            "currency": settings.currency,
            "price_year": settings.price_year,
            "licence": settings.licence,
            "citations": list(settings.citations),
            "assumptions": list(settings.assumptions),
            "hash": case.hash,
        },
        "sizes": {name: len(rows) for name, rows in case.tables.items() if len(rows)},
        "notes": _plain(notes(case)),
        "has_options": bool(len(case["options"])),
        "objectives": _objectives(case) if len(case["options"]) else [],
        "strategies": list(every_strategy(Study(case))),
        "scenarios": scenarios.names(Path(str(task["source"])), str(task["source"])),
    }


def _objectives(case: Case) -> list[str]:
    """Return the names of objectives that a plan can be the best of."""
    found = []
    for name in OBJECTIVES:
        several = {"exposure": ("transfer", "parameter"), "total_load": ("loads", "pollutant")}
        several["removal"] = several["total_load"]
        if name in several:
            found += [f"{name}:{one}" for one in case.ids(*several[name])]
        elif name not in RATIOS:
            found.append(name)
    return found


def _plan(task: dict[str, Any], folder: Path, step: Step) -> dict[str, Any]:
    """Make a plan of an objective or a strategy."""
    case = load(task["source"], task.get("scenario"))
    limit, strategy = task.get("time_limit"), task.get("strategy")
    if strategy:
        plan = allocate(case, strategy, time_limit=limit, progress=step)
    else:
        plan = decompose(case, task.get("objective") or "cost", time_limit=limit, progress=step)
    files = _reports(plan, task, folder, step)
    step("writing the workbook", 0, 0)
    write_plan(plan, folder / WORKBOOK)
    return {
        "facts": plan_facts(plan),
        "tables": _plan_tables(plan),
        "files": [*files, WORKBOOK],
        "notes": _plain(notes(case)),
    }


def plan_facts(plan: Plan) -> dict[str, Any]:
    """Return a plan in short."""
    settings, proof = plan.case.settings, plan.certificate
    checks = proof.checks[proof.checks["rows"] > 0]
    return {
        "label": plan.case.label,
        "title": settings.title,
        "strategy": plan.strategy,
        "objective": plan.objective,
        "value": _finite(plan.value),
        "unit": objective_unit(plan.case, plan.objective),
        "cost": _finite(plan.cost),
        "currency": settings.currency,
        "targets": len(plan.attainment),
        "attained": int(plan.attainment["attained"].sum()),
        "binding": int(plan.attainment["binding"].sum()),
        "measures": len(plan.measures),
        "sources": plan.allocation["source"].nunique(),
        "reduced": int((plan.allocation.groupby("source")["reduction"].sum() > 0).sum()),
        "out_of_reach": len(plan.out_of_reach),
        "figures": {name: _finite(value) for name, value in plan.figures.items()},
        "checks": len(checks),
        "rows": int(checks["rows"].sum()),
        "worst": _finite(float(checks["worst"].max())) if len(checks) else 0.0,
        "bound": _finite(proof.bound),
        "gap": _finite(proof.gap),
        "status": proof.status.value,
        "stop": proof.stop.value,
        "hash": proof.case_hash,
    }


def _plan_tables(plan: Plan) -> dict[str, Any]:
    tables = plan.tables()
    loads = tables["allocation"].sort_values("reduction", ascending=False, kind="stable")
    loads.attrs = tables["allocation"].attrs
    prices = tables["prices"]
    attainment = tables["attainment"].assign(price=prices["price"], price_unit=prices["unit"])
    attainment.attrs = tables["attainment"].attrs
    return {
        "attainment": plain_table(attainment.drop(columns=["reserve", "kind"])),
        "regions": plain_table(tables["regions"]),
        "practices": plain_table(tables["practices"]),
        "allocation": plain_table(loads),
        "out_of_reach": plain_table(tables["out_of_reach"]),
    }


def _strategies(task: dict[str, Any], folder: Path, step: Step) -> dict[str, Any]:
    """Compare all strategies that a case has the data for."""
    case = load(task["source"], task.get("scenario"))
    made = compare(case, time_limit=task.get("time_limit"), progress=step)
    files = _reports(made, task, folder, step)
    step("writing the workbook", 0, 0)
    write_comparison(made, folder / WORKBOOK)
    shown = ["strategy", "cost", "over_least_cost", "attained", "probability", "reduction", "unused", "gini", "envy"]
    table = made.distinct[shown].rename(columns={"unused": "unused_share"})
    table.attrs = made.table.attrs
    facts = {"label": case.label, "title": case.settings.title, "strategies": len(made.plans)}
    facts |= {"targets": len(case["targets"]), "same": made.same}
    tables = {"comparison": plain_table(table), "left_out": plain_table(made.left_out)}
    return {"facts": facts, "tables": tables, "files": [*files, WORKBOOK]}


def _explore(task: dict[str, Any], folder: Path, step: Step) -> dict[str, Any]:
    """Find the trade-offs between the usual objectives of a case."""
    case = load(task["source"], task.get("scenario"))
    names = usual_objectives(case)
    effort = Effort(time_limit=task.get("time_limit"))
    front = explore(case, names, effort=effort, progress=lambda what, done, _gap: step(what, done, 0))
    files = _reports(front, task, folder, step)
    step("writing the workbook", 0, 0)
    write_front(case, front, folder / WORKBOOK)
    facts = {"label": case.label, "title": case.settings.title, "points": len(front), "objectives": front.names}
    facts |= {"status": front.status}
    return {"facts": facts, "tables": {"points": plain_table(front.points.reset_index())}, "files": [*files, WORKBOOK]}


def _scenarios(task: dict[str, Any], folder: Path, step: Step) -> dict[str, Any]:
    return scenarios.side_by_side(task, folder / WORKBOOK, step)


def _cycle(task: dict[str, Any], folder: Path, step: Step) -> dict[str, Any]:
    """Compute a recorded cycle again, say whether it comes to the same, and write its report and tables."""
    from abate.ledger import Ledger
    from abate.loop.records import record_of, replayed

    step("computing the cycle again", 0, 0)
    with Ledger(task["source"], create=False) as ledger:
        entry = ledger.entry(task["region"], task["cycle"], task["revision"])
        revision = replayed(ledger, entry)
    files = _reports(revision, task, folder, step)
    step("writing the workbook", 0, 0)
    write_revision(revision, folder / WORKBOOK)
    same = dumps(record_of(revision).result, name="result") == dumps(entry.result, name="result")
    facts = {"label": f"{entry.region}, {entry.cycle}", "title": revision.case.settings.title, "same": same}
    return {"facts": facts, "tables": {}, "files": [*files, WORKBOOK]}


def _reports(result: Any, task: dict[str, Any], folder: Path, step: Step) -> list[str]:
    """Write the report in both languages, that of the reader first."""
    from abate.report import make_report
    from abate.words import LANGUAGES

    files = []
    for lang in sorted(LANGUAGES, key=lambda code: code != task.get("lang")):
        step("writing the report", 0, 0)
        files.append(REPORT.format(lang))
        make_report(result, lang=lang).save(folder / files[-1])
    return files


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


#: What can be asked for.
WORKS: dict[str, Callable[[dict[str, Any], Path, Step], dict[str, Any]]] = {
    "check": _check,
    "plan": _plan,
    "strategies": _strategies,
    "explore": _explore,
    "scenarios": _scenarios,
    "cycle": _cycle,
}
