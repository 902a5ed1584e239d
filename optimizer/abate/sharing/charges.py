"""Sharing the cost of a joint least-cost plan: what each player is charged, and who pays whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.attainable import Progress
from abate.errors import Finding, InputError
from abate.games.core import core_excess
from abate.games.game import savings
from abate.games.nucleolus import nucleolus
from abate.games.payments import side_payments
from abate.games.shapley import sampled_shapley, shapley
from abate.plan import Plan
from abate.sharing.coalitions import Coalitions
from abate.solver import DEFAULT_GAP
from abate.strategies.allocate import plan_for
from abate.strategies.study import Study
from abate.tables import first_level
from abate_data.case import Case
from abate_data.names import offer
from abate_models.regions import Scopes

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

Players = Literal["region", "sector", "source"]
Method = Literal["shapley", "nucleolus"]
#: Most players of whom every coalition is solved; beyond, Shapley values are sampled.
MOST_EXACT = {"shapley": 16, "nucleolus": 10}
#: A coalition that would gain no more than this share of the joint cost has no reason to leave, and less is no saving.
STABLE = 1e-6


@dataclass(frozen=True, repr=False)
class CostSharing:
    """How the cost of a joint plan is shared. Money is per year, in the case's currency.

    Attributes
    ----------
    players : a row per player: cost of its obligation by itself, what it spends in the joint plan, its charge,
        standard error of that (0 where exact), saving against acting alone, payment (charge less what it spends:
        more than 0 pays, less receives).
    ledger : a row per payment: payer, receiver, amount; nobody is left with a debt.
    excess : the most that a coalition would gain by leaving; 0 or less means that nobody can object. NaN where
        coalitions are only sampled.
    objector : the players of that coalition; nobody where it would gain nothing.
    plan : the joint plan.
    obligations : the plan whose allocation everybody is obliged to.
    method : shapley or nucleolus.
    """

    players: pd.DataFrame
    ledger: pd.DataFrame
    excess: float
    objector: list[str]
    plan: Plan
    obligations: Plan
    method: str

    def __repr__(self) -> str:
        stable = {True: "no coalition objects", False: f"{', '.join(self.objector)} would leave", None: "sampled"}
        case = self.plan.case
        return (
            f"<CostSharing of {self.plan.cost:,.0f} {case.settings.currency}/yr among {len(self.players)} players of "
            f"{case.label!r} by {self.method}: {stable[self.in_core]}>"
        )

    @property
    def in_core(self) -> bool | None:
        """Whether no coalition would be better off by itself; None where coalitions are only sampled."""
        return None if np.isnan(self.excess) else bool(self.excess <= STABLE * max(self.plan.cost, 1.0))


def share_costs(
    case: Case,
    obligations: str | Plan = "equal-percent",
    *,
    players: Players = "region",
    method: Method = "shapley",
    samples: int = 200,
    seed: int = 0,
    gap: float = DEFAULT_GAP,
    progress: Progress | None = None,
) -> CostSharing:
    """Let players meet their obligations together at least cost, and share that cost.

    Parameters
    ----------
    obligations : the strategy, or plan, that says what each player would have to do by itself.
    players : who they are: regions of the first level, sectors, or sources.
    method : shapley: everybody's mean contribution over all orders of joining (exact to 16 players, sampled beyond);
        nucleolus: the greatest complaint of any coalition as small as can be (to 10 players).
    samples, seed : orders that are drawn beyond 16 players, and from which random numbers.

    Raises
    ------
    InputError
        Where the case has no measures, the obligations miss a target or are a plan of another case, or there are too
        few or too many players.
    NoPlanError
        Where a player or coalition cannot meet its obligation by own measures.
    SolverError
        Where a solve fails.
    """
    _check_choice("players", players, get_args(Players))
    _check_choice("method", method, get_args(Method))
    study = Study(case, gap=gap)
    agreed = plan_for(study, obligations)
    allowed = agreed.allocation["allowed"].to_numpy()
    _refuse_missed(study, agreed)
    player, names = _players(study, players, method)
    coalitions = Coalitions(study, allowed, player, names)
    alone, charges, error, values = _charges(coalitions, names, method, samples, seed, progress)
    together = study.reaching.plan(coalitions.loads(2 ** len(names) - 1), f"joint plan of {agreed.strategy}")
    spent = _spent(together, player, names)
    # the cost of the joint plan was found twice, each time to the solver's tolerance
    charges += (spent.sum() - charges.sum()) / len(names)
    excess, objector = (np.nan, 0) if values is None else core_excess(values, alone - charges)
    if excess <= STABLE * max(together.cost, 1.0):
        objector = 0
    return CostSharing(
        players=_table(case, names, alone, spent, charges, error),
        ledger=_with_money(case, side_payments(charges, spent, names), "amount"),
        excess=float(excess),
        objector=[name for bit, name in enumerate(names) if objector >> bit & 1],
        plan=together,
        obligations=agreed,
        method=method,
    )


def _charges(
    coalitions: Coalitions, names: list[str], method: Method, samples: int, seed: int, progress: Progress | None
) -> tuple[Floats, Floats, Floats, Floats | None]:
    """Return what each player would pay alone, its charge, the standard error of that, and the savings game."""
    count = len(names)
    alone = np.array([coalitions.cost(1 << player) for player in range(count)])
    if count > MOST_EXACT[method]:
        charges, error = sampled_shapley(coalitions.cost, count, samples, seed)
        return alone, charges, error, None
    costs = np.zeros(2**count)
    for mask in range(1, 2**count):
        if progress is not None and mask % 64 == 0:
            progress("cost of each coalition", mask, 2**count)
        costs[mask] = coalitions.cost(mask)
    values = savings(costs)
    gains = shapley(values) if method == "shapley" else nucleolus(values)
    return alone, alone - gains, np.zeros(count), values


def _players(study: Study, kind: Players, method: Method) -> tuple[Codes, list[str]]:
    """Return the player of each source, -1 for sources that take no part, and the players' names."""
    case = study.case
    count = len(study.problem.sources)
    if kind == "source":
        code, names = np.arange(count), study.problem.sources
    elif kind == "sector":
        code, names = case.codes("sources", "sector").copy(), case.ids("sources", "sector")
    else:
        code, names = np.full(count, -1), case.ids("regions", "region")
        for region in first_level(case):
            code[Scopes(case).sources(region)] = region
    code[~np.asarray(case["sources"]["controllable"], dtype=bool)] = -1
    taking = np.unique(code[code >= 0])
    if len(taking) < 2:
        cure = "choose players region, sector or source of which there are at least two"
        raise InputError([Finding("sharing", "has nobody to share with", cure, value=kind)])
    if method == "nucleolus" and len(taking) > MOST_EXACT[method]:
        cure = f"share among at most {MOST_EXACT[method]} players, or choose shapley"
        raise InputError([Finding("sharing", "has too many players for the nucleolus", cure, value=str(len(taking)))])
    player = np.full(count, -1)
    player[code >= 0] = np.searchsorted(taking, code[code >= 0])
    return player, [names[one] for one in taking]


def _refuse_missed(study: Study, plan: Plan) -> None:
    missed = [str(name) for name in plan.attainment["target"][~plan.attainment["attained"]]]
    if missed:
        cure = "choose an allocation that meets all targets"
        raise InputError([Finding("sharing", "the obligations miss targets", cure, value=", ".join(missed[:5]))])
    if not study.problem.options.keys:
        cure = "fill tables options and removals: without measures there is no cost to share"
        raise InputError([Finding("options", "has no measures", cure)])


def _check_choice(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError([Finding("sharing", "is not known", offer(value, known, what), "", what, str(value))])


def _spent(plan: Plan, player: Codes, names: list[str]) -> Floats:
    taking = player >= 0
    return np.bincount(player[taking], plan.source_costs[taking], len(names)).astype(float)


def _table(case: Case, names: list[str], alone: Floats, spent: Floats, charges: Floats, error: Floats) -> pd.DataFrame:
    money = {
        "alone": alone,
        "spent": spent,
        "charge": charges,
        "standard_error": error,
        "saving": np.where(np.abs(alone - charges) <= STABLE * np.abs(alone), 0.0, alone - charges),
        "payment": charges - spent,
    }
    return _with_money(case, pd.DataFrame({"player": names, **money}), *money)


def _with_money(case: Case, table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    table.attrs["units"] = dict.fromkeys(columns, f"{case.settings.currency}/yr")
    return table
