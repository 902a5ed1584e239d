"""The permit of each source: what it may emit, at which concentration, and by how much it has to reduce."""

from __future__ import annotations

import numpy as np
import pandas as pd

from abate.indicators.allowance import Allowance, Floats, Words
from abate.indicators.sampling import Sampling

#: Targets with a smaller share in asking for a load are counted in its permit, and named in the table `served`.
TOLD_SHARE = 0.01


def permits(allowance: Allowance, sampling: Sampling, served: pd.DataFrame) -> pd.DataFrame:
    """Return a row per source and pollutant.

    Parameters
    ----------
    served : from `abate.indicators.served.served_targets`.

    Returns
    -------
    source, name, region, sector, kind, pollutant; baseline, allowed (loads; `early_action` of the latter is given back
    for early action, `credit` may still be asked back), expected (what the planned measures leave), permitted_today;
    reduction, percent, percent_of_raw (required removal; blank where no raw load is known); flow, concentration
    (long-term average), average_monthly, maximum_daily, no_concentration (why there is none), target (that asks most),
    targets (those that ask for less, with their shares), remark.
    """
    case, loads = allowance.case, allowance.problem.loads
    of_source = loads.source
    rows = np.arange(len(loads.keys))
    average = allowance.concentration(allowance.allowed, rows)
    reduction = np.maximum(loads.baseline - allowance.allowed, 0.0)
    raw = case.values("loads", "raw_load")
    table = pd.DataFrame(
        {
            "source": allowance.source,
            "name": case.words("sources", "name")[of_source],
            "region": _ids(allowance, "region"),
            "sector": _ids(allowance, "sector"),
            "kind": case.words("sources", "kind")[of_source],
            "pollutant": allowance.pollutant,
            "baseline": loads.baseline,
            "allowed": allowance.allowed,
            "early_action": allowance.given_back,
            "credit": allowance.credit,
            "expected": allowance.expected,
            "permitted_today": case.values("loads", "permit_load"),
            "reduction": reduction,
            "percent": _percent(reduction, loads.baseline),
            "percent_of_raw": _percent(np.maximum(raw - allowance.allowed, 0.0), raw),
            "flow": allowance.flow,
            "concentration": average,
            "average_monthly": average * sampling.average_monthly,
            "maximum_daily": average * sampling.maximum_daily,
            "no_concentration": _no_concentration(allowance),
            **_targets(allowance, served),
            "remark": _remarks(allowance),
        }
    )
    of_loads = ("baseline", "allowed", "early_action", "credit", "expected", "permitted_today", "reduction")
    concentrations = ("concentration", "average_monthly", "maximum_daily")
    table.attrs["units"] = {
        **dict.fromkeys(of_loads, allowance.load_unit),
        **dict.fromkeys(("percent", "percent_of_raw"), "%"),
        "flow": case.settings.units.flow,
        **dict.fromkeys(concentrations, allowance.concentration_unit),
    }
    return table


def _ids(allowance: Allowance, column: str) -> Words:
    names = np.array([*allowance.case.ids("sources", column), ""], dtype=object)
    return np.asarray(names[allowance.case.codes("sources", column)[allowance.problem.loads.source]])


def _percent(part: Floats, whole: Floats) -> Floats:
    """Return percentages: 0 of nothing, NaN of what is not known."""
    return np.divide(100.0 * part, whole, out=np.where(np.isnan(whole), np.nan, 0.0), where=whole > 0)


def _no_concentration(allowance: Allowance) -> Words:
    """Say why a load has no permitted concentration, nothing where it has one."""
    flow = allowance.flow
    why = np.full(len(flow), "", dtype=object)
    why[flow == 0] = "its flow is 0"
    why[np.isnan(flow)] = "the table sources gives no flow of it"
    why[~allowance.is_point] = "a diffuse source has no outfall or stack to sample"
    return why


def _targets(allowance: Allowance, served: pd.DataFrame) -> dict[str, Words]:
    """Return per load the target that asks most of it, and those that ask with their shares, the largest first."""
    first, every = (np.full(len(allowance.allowed), "", dtype=object) for _ in range(2))
    load, share = served["load"].to_numpy(), served["share"].to_numpy()
    target = served["target"].to_numpy(dtype=object)
    leads = np.flatnonzero(np.diff(load, prepend=-1))
    first[load[leads]] = target[leads]
    told = ~(share < TOLD_SHARE)
    told[leads] = True
    more = np.bincount(load[~told], minlength=len(first))
    share = share[told]
    percent = np.where(np.isnan(share), "", np.char.mod(" (%.3g %%)", 100.0 * share).astype(object))
    said, of_load = target[told] + percent, load[told]
    starts = np.flatnonzero(np.diff(of_load, prepend=-1))
    for row, texts in zip(of_load[starts], np.split(said, starts[1:]) if len(starts) else (), strict=True):
        every[row] = ", ".join(texts) + (f" and {more[row]} more" if more[row] else "")
    return {"target": first, "targets": every}


def _remarks(allowance: Allowance) -> Words:
    """Say what is to be known beside the numbers."""
    loads, case = allowance.problem.loads, allowance.case
    remark = np.full(len(loads.keys), "", dtype=object)
    remark[allowance.allowed > loads.baseline * (1 + 1e-9)] = "may emit more than its baseline"
    remark[~np.asarray(case["sources"]["controllable"], dtype=bool)[loads.source]] = "no plan may ask anything of it"
    missed = allowance.plan.out_of_reach
    if len(missed):
        place = {key: row for row, key in enumerate(loads.keys)}
        for row in missed.to_dict("records"):
            said = f"the strategy asks for {row['asked']:.4g} {allowance.load_unit}, which its measures cannot reach"
            remark[place[row["source"], row["pollutant"]]] = said
    return remark
