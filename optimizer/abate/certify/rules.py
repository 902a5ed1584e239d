"""How the rules of a case bear on every load and source in their scope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from abate.certify.arrays import SMALLEST_SHARE, Codes, Flags, Floats, relative, spread, totals
from abate.certify.claim import Check, Claim, check
from abate.certify.measures import Measures
from abate.certify.zones import Zones
from abate_data.case import Case

#: The rows that a rule bears on, their relative violations, and their names.
_Judged = tuple[Codes, Floats, Callable[[int], str]]


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules of a case, with what they bear on."""

    case: Case
    claim: Claim
    measures: Measures
    zones: Zones
    load_name: Callable[[int], str]

    def reduction_percent(self) -> Check:
        """Every load of a controllable source in scope falls by a percentage within the bounds."""
        return self._check("reduction_percent", self._bounded)

    def uniform(self) -> Check:
        """All loads of one pollutant in scope fall by one percentage, within the bounds."""
        return self._check("uniform", self._equal)

    def burden(self) -> Check:
        """No source in scope that has options pays more than its share of what it can."""
        return self._check("burden", self._bearable)

    def _check(self, kind: str, judge: Callable[[int], _Judged]) -> Check:
        rules = np.flatnonzero(self.case.words("rules", "kind") == kind)
        judged = [judge(int(rule)) for rule in rules]
        rows = np.concatenate([np.zeros(0, dtype=np.int64), *[rows for rows, _, _ in judged]])
        shares = np.concatenate([np.zeros(0), *[shares for _, shares, _ in judged]])
        of = np.repeat(np.arange(len(rules)), [len(rows) for rows, _, _ in judged])

        def name(row: int) -> str:
            rule = self.case.ids("rules", "rule")[self.case.codes("rules", "rule")[rules[of[row]]]]
            return f"rule {rule!r}, {judged[of[row]][2](int(rows[row]))}"

        return check(kind, shares, name)

    def _scope(self, rule: int) -> Flags:
        """Return which sources of the domain lie in the scope of a rule."""
        region, sector = (int(self.case.codes("rules", column)[rule]) for column in ("region", "sector"))
        return self.zones.inside(region, sector)

    def _loads(self, rule: int) -> Codes:
        """Return the loads that a rule bears on."""
        measures, pollutant = self.measures, int(self.case.codes("rules", "pollutant")[rule])
        chosen = (self._scope(rule) & measures.controllable)[measures.load_source]
        if pollutant >= 0:
            chosen &= measures.load_pollutant == pollutant
        return np.flatnonzero(chosen)

    def _bounded(self, rule: int) -> _Judged:
        loads = self._loads(rule)
        baseline, load = self.measures.baseline[loads], self.claim.load[loads]
        lower, upper = self._bound("lower", rule), self._bound("upper", rule)
        violation = np.zeros(len(loads))
        if not np.isnan(lower):
            violation = load - baseline * (1 - lower / 100)
        if not np.isnan(upper):
            violation = np.maximum(violation, baseline * (1 - upper / 100) - load)
        return loads, relative(violation, load, SMALLEST_SHARE * baseline), self.load_name

    def _equal(self, rule: int) -> _Judged:
        loads, bounded, name = self._bounded(rule)
        pollutant, kinds = self.measures.load_pollutant[loads], self.measures.pollutants
        baseline, load = self.measures.baseline[loads], self.claim.load[loads]
        before, after = totals(pollutant, baseline, kinds), totals(pollutant, load, kinds)
        left = np.divide(after, before, out=np.ones(kinds), where=before > 0)
        return loads, np.maximum(bounded, relative(np.abs(load - baseline * left[pollutant]), baseline)), name

    def _bearable(self, rule: int) -> _Judged:
        case, measures = self.case, self.measures
        column = str(case.words("rules", "ability")[rule])
        most = self._bound("upper", rule) * spread(case, "sources", column, measures.sources)
        bound = np.flatnonzero(self._scope(rule) & measures.has_options & ~np.isnan(most))
        full = totals(measures.source, measures.full_cost, measures.sources)[bound]
        cost, most = measures.source_cost[bound], most[bound]
        share = relative(cost - most, most, cost, SMALLEST_SHARE * full)
        return bound, share, lambda source: f"source {case.ids('sources', 'source')[source]!r}"

    def _bound(self, column: str, rule: int) -> float:
        return float(self.case.values("rules", column)[rule])
