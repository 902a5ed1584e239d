"""Options: what a measure at a source costs, how far it goes and what it removes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate_data.case import Case

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Options:
    """Measures available at sources; a row of the options table each.

    Attributes
    ----------
    keys : (source, measure) of each option.
    source, measure : codes of the two.
    upper : greatest extent; finite wherever the load, the table or the group bounds it.
    most : the same without regard to the load: what the table and the group allow.
    lower : least extent where any is installed.
    discrete : whether it takes a yes-or-no decision (it has a fixed cost or a least extent).
    operating : yearly cost of a unit of extent, without capital.
    annual_capital : capital cost of a unit of extent, spread over the measure's lifetime.
    fixed : yearly cost of having any of it.
    built : extent whose capital is spent already.
    group : position of its group in `groups`, -1 for none.
    groups : (source, group) of each exclusive group.
    removal : (loads x options), load per year removed by a unit of extent.
    ramp : the most extent that can be added in one year; infinite where nothing bounds it.
    first_year : first year in which new extent can work; NaN where the table says none.
    lead_time : years from the decision until new extent works.
    staged : whether this is one year of several: what is built in one year then stands in the next, so that extent
        beyond what is built is a decision of its own, used or not.
    """

    keys: list[tuple[str, str]]
    source: Codes
    measure: Codes
    upper: Floats
    most: Floats
    lower: Floats
    discrete: Mask
    operating: Floats
    annual_capital: Floats
    fixed: Floats
    built: Floats
    group: Codes
    groups: list[tuple[str, str]]
    removal: sparse.csr_array
    ramp: Floats
    first_year: Floats
    lead_time: Floats
    staged: bool = False

    @property
    def unit_cost(self) -> Floats:
        """Yearly cost of one more unit of extent beyond what is built."""
        return self.operating + self.annual_capital

    @property
    def expandable(self) -> Codes:
        """Positions of the options whose extent beyond what is built is a variable of its own.

        Those of which part is built while more would cost capital; in one year of several, all whose capacity costs
        capital or is bounded by a ramp.
        """
        if self.staged:
            return np.flatnonzero((self.annual_capital > 0) | np.isfinite(self.ramp))
        return np.flatnonzero((self.built > 0) & (self.annual_capital > 0))


def read_options(case: Case, source: Codes, pollutant: Codes, baseline: Floats, floor: Floats) -> Options:
    """Read options and removals; `source` ... `floor` describe the loads."""
    table = case["options"]
    removal = _removal(case, source, pollutant, baseline)
    group, groups = _groups(case)
    most = _most(case, group)
    lower, fixed = case.values("options", "min_extent"), case.values("options", "fixed_cost")
    measure = case.codes("options", "measure")
    return Options(
        keys=list(zip(table["source"], table["measure"], strict=True)),
        source=case.codes("options", "source"),
        measure=measure,
        upper=greatest_extents(most, removal, baseline - floor),
        most=most,
        lower=lower,
        discrete=(fixed > 0) | (lower > 0),
        operating=case.values("options", "unit_cost"),
        annual_capital=case.values("options", "capital_cost") * _recovery(case)[measure],
        fixed=fixed,
        built=case.values("options", "built"),
        group=group,
        groups=groups,
        removal=removal,
        ramp=case.values("options", "ramp"),
        first_year=case.values("options", "first_year"),
        lead_time=case.values("options", "lead_time"),
    )


def capital_recovery_factor(rate: Floats | float, years: Floats) -> Floats:
    """Return the yearly payment that repays one unit of capital.

    r / (1 - (1 + r)^-n) for a discount rate r per year and a lifetime of n years, and 1 / n for r = 0
    (the standard annuity, e.g. Park, Contemporary Engineering Economics, ch. 3).

    >>> capital_recovery_factor(0.0, np.array([20.0]))
    array([0.05])
    """
    if rate == 0:
        return 1.0 / years
    return np.asarray(rate / -np.expm1(-years * np.log1p(rate)))


def _recovery(case: Case) -> Floats:
    """Per measure: its capital recovery factor, 0 where no lifetime is given (then no capital cost is either)."""
    years = np.full(len(case.ids("options", "measure")), np.nan)
    years[case.codes("measures", "measure")] = case.values("measures", "lifetime_years")
    return np.nan_to_num(capital_recovery_factor(case.settings.discount_rate, years))


def _groups(case: Case) -> tuple[Codes, list[tuple[str, str]]]:
    """Return for each option the position of its (source, group), and those pairs in order of appearance."""
    group, source = case.codes("options", "group"), case.codes("options", "source")
    label = np.where(group >= 0, source * (group.max(initial=0) + 1) + group, -1)
    _, first, inverse = np.unique(label[label >= 0], return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    position = np.full(len(label), -1, dtype=np.int64)
    position[label >= 0] = np.argsort(order, kind="stable")[inverse]
    members = case["options"].loc[label >= 0].iloc[first[order]]
    return position, list(zip(members["source"], members["group"], strict=True))


def _removal(case: Case, source: Codes, pollutant: Codes, baseline: Floats) -> sparse.csr_array:
    """Return (loads x options): load removed by a unit of extent; a source's own row overrides the general one."""
    option_source, measure = case.codes("options", "source"), case.codes("options", "measure")
    measures, pollutants = len(case.ids("options", "measure")), len(case.ids("loads", "pollutant"))
    position = np.full((len(case.ids("sources", "source")), pollutants), -1, dtype=np.int64)
    position[source, pollutant] = np.arange(len(source))
    columns = np.arange(len(measure))
    rows_of, columns_of, values = [], [], []
    for code in range(pollutants):
        rows = position[option_source, code]
        amount, is_fraction = _amounts(case, option_source, measure, code, measures)
        used = (rows >= 0) & (amount != 0)
        factor = np.where(is_fraction, baseline[rows], 1.0)
        rows_of.append(rows[used])
        columns_of.append(columns[used])
        values.append((amount * factor)[used])
    entries = (np.concatenate(values), (np.concatenate(rows_of), np.concatenate(columns_of)))
    return sparse.csr_array(sparse.coo_array(entries, shape=(len(source), len(measure))))


def _amounts(case: Case, source: Codes, measure: Codes, pollutant: int, measures: int) -> tuple[Floats, Mask]:
    """Per option: removal of one pollutant as the table gives it, and whether that is a fraction."""
    table = case["removals"]
    of_pollutant = case.codes("removals", "pollutant") == pollutant
    row_source = case.codes("removals", "source")[of_pollutant]
    label = row_source * measures + case.codes("removals", "measure")[of_pollutant]
    value = case.values("removals", "removal")[of_pollutant]
    fraction = np.asarray(table["basis"] == "fraction")[of_pollutant]
    amount, is_fraction = np.zeros(len(source)), np.zeros(len(source), dtype=bool)
    # general rows carry the source code -1; the source's own rows are looked up last and so prevail
    for wanted in (measure - measures, source * measures + measure):
        order = np.argsort(label, kind="stable")
        found = np.searchsorted(label, wanted, sorter=order)
        candidate = order[np.minimum(found, max(len(order) - 1, 0))] if len(order) else np.zeros_like(wanted)
        hit = (label[candidate] == wanted) if len(order) else np.zeros(len(wanted), dtype=bool)
        amount[hit], is_fraction[hit] = value[candidate[hit]], fraction[candidate[hit]]
    return amount, is_fraction


def _most(case: Case, group: Codes) -> Floats:
    """Return the table's bound on each extent, 1 in a group, 0 at a source that is not controllable."""
    most = case.values("options", "max_extent").copy()
    controllable = np.asarray(case["sources"]["controllable"], dtype=bool)
    most[~controllable[case.codes("options", "source")]] = 0.0
    most[group >= 0] = np.minimum(most[group >= 0], 1.0)
    return most


def greatest_extents(most: Floats, removal: sparse.csr_array, removable: Floats) -> Floats:
    """Return the greatest extent of each option: `most`, and no more than brings a load from baseline to floor.

    The latter is left out for loads that some option raises: there more may be useful.

    Parameters
    ----------
    removable : baseline less floor of each load.
    """
    upper = most.copy()
    entries = sparse.coo_array(removal)
    loads, options = entries.coords
    raised = np.zeros(len(removable), dtype=bool)
    raised[loads[entries.data < 0]] = True
    bounds = (entries.data > 0) & ~raised[loads]
    np.minimum.at(upper, options[bounds], removable[loads[bounds]] / entries.data[bounds])
    return upper
