"""Evolutionary search for objectives that are simulated or not convex: NSGA-II, the only file that knows pymoo.

A fresh algorithm is made for every generation, from the population as it stands and random numbers that follow from the
seed and the number of the generation. So the whole state of a search is a few arrays, and a search that goes on from a
checkpoint finds the same plans, to the last bit, as one that was never stopped.

Source: Deb et al., IEEE Transactions on Evolutionary Computation 6 (2002) 182-197, with an unbounded archive.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.config import Config
from pymoo.core.crossover import Crossover
from pymoo.core.mutation import Mutation
from pymoo.core.population import Population
from pymoo.core.problem import Problem as PymooProblem
from pymoo.core.repair import Repair
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM

from abate.errors import SolverError
from abate.front.exact.point import Floats
from abate.front.exact.space import INTERRUPTED
from abate.front.searched.archive import Archive
from abate.front.searched.checkpoint import Keeper, load
from abate.front.searched.encoding import Encoding, Genes
from abate.front.searched.evaluation import Evaluation, EvaluationError
from abate.front.searched.mixing import Mixer
from abate.front.searched.seeds import starting_genes
from abate.front.searched.state import Plans, State

Config.warnings["not_compiled"] = False  # a library does not print

logger = logging.getLogger(__name__)

#: Plans in a population.
POPULATION = 100
#: Generations without progress after which a search ends.
STALL = 50
#: Seconds between two checkpoints; one more is written at the end.
CHECKPOINT_SECONDS = 5.0
#: Chance that a gene is taken from the other parent, and chance of a pair of parents to be crossed at all.
SWAP, CROSS = 0.5, 0.9
#: Share of the plans of a generation that are mixtures of plans of the archive: where all extents are shares, they find
#: most of what is found; yes-or-no decisions leave more to genes.
MIXED_SHARES, MIXED_DECISIONS = 0.8, 0.3
#: Share of mutations of a whole number that go one choice up or down; the others go anywhere.
STEP = 0.5


@dataclass(frozen=True, eq=False)
class SearchResult:
    """What a search found.

    Attributes
    ----------
    extents : (plans x options) of the plans that none dominates, in the order in which they were found.
    values : (plans x p) their objectives, to be minimised.
    history : a row per generation: generation, evaluations, hypervolume. Generation 0 is the given plans.
    reason : why it ended.
    """

    extents: Floats
    values: Floats
    history: pd.DataFrame
    reason: str


def search(  # noqa: PLR0913 - each argument is a limit, or where it starts
    evaluation: Evaluation,
    encoding: Encoding,
    given: Floats,
    *,
    evaluations: int = 20_000,
    seed: int = 0,
    population: int = POPULATION,
    deadline: float = np.inf,
    stall: int = STALL,
    box: tuple[Floats, Floats] | None = None,
    checkpoint: Path | None = None,
    report: Callable[[int, int, float], None] | None = None,
) -> SearchResult:
    """Search for plans that none dominates.

    Parameters
    ----------
    evaluation, encoding : what is looked for, and how plans are written down.
    given : (plans x options) plans that are known; those that keep every limit join the archive as they are.
    evaluations : how many plans are evaluated at most, given ones included.
    seed : of the random numbers.
    population : plans in a generation.
    deadline : time of `time.monotonic` after which no generation is begun.
    stall : generations without progress after which it ends.
    box : ideal and reference between which hypervolume is told; without one the first plans give it.
    checkpoint : file that the state is kept in; where it is there already, the search goes on from it. A function of
        the user's own is known there by its name alone.
    report : called after each generation with its number, the evaluations made so far, and the hypervolume.

    Returns
    -------
    SearchResult
        The archive of the last full generation, whatever ended the search: a stall, a limit, Ctrl-C, a solve or a
        function of the user's own that failed.

    Raises
    ------
    InputError
        Where the checkpoint is one of another case, other objectives, another seed or other given plans.
    """
    run = _Run(evaluation, encoding, given, seed, population, box)
    state = run.blank()
    if checkpoint is not None and checkpoint.exists():
        state = State.of_arrays(load(checkpoint, run.made_for()))
    keeper = Keeper(checkpoint, run.made_for(), CHECKPOINT_SECONDS)
    while not (reason := state.ended(evaluations - population, deadline, stall)):
        try:
            state = run.next(state)
            if report is not None:
                report(*state.told)
            keeper.now_and_then(state.arrays())
        except (EvaluationError, SolverError) as error:
            reason = f"{error}, in generation {len(state.history)}"
            break
        except KeyboardInterrupt:
            reason = INTERRUPTED
            break
        logger.debug("generation %d, %d evaluations, hypervolume %.6g", *state.told)
    if len(state.history):
        keeper.now(state.arrays())
    history = pd.DataFrame(state.history, columns=["generation", "evaluations", "hypervolume"])
    history = history.astype({"generation": int, "evaluations": int})
    return SearchResult(state.archive.extents, state.archive.values, history, reason)


class _Run:
    """A search as far as it does not change from one generation to the next."""

    def __init__(
        self,
        evaluation: Evaluation,
        encoding: Encoding,
        given: Floats,
        seed: int,
        population: int,
        box: tuple[Floats, Floats] | None,
    ) -> None:
        self._evaluation, self._encoding, self._given, self._seed = evaluation, encoding, given, seed
        self._population, self._box_given = population, box
        self._mixer = Mixer(evaluation.problem)
        decisions = evaluation.problem.options.discrete.any()
        self._mixed = int((MIXED_DECISIONS if decisions else MIXED_SHARES) * population)

    def blank(self) -> State:
        """Return the state before anything was done."""
        count, genes = len(self._evaluation.criteria), len(self._encoding.lower)
        archive = Archive.empty(count, self._given.shape[1], self._box_given)
        nothing = np.zeros((0, count))
        return State(np.zeros((0, genes)), nothing, np.zeros(0), archive, np.zeros((0, 3)))

    def made_for(self) -> dict[str, Any]:
        """Return what a checkpoint of this search can be used for."""
        return {
            "case": self._evaluation.case.hash,
            "objectives": [criterion.name for criterion in self._evaluation.criteria],
            "encoding": self._encoding.name,
            "seed": self._seed,
            "draws": self._evaluation.seed,
            "population": self._population,
            "given plans": hashlib.sha256(np.ascontiguousarray(self._given).tobytes()).hexdigest()[:16],
            "box": None if self._box_given is None else [corner.tolist() for corner in self._box_given],
        }

    def next(self, state: State) -> State:
        """Return the state after one more generation; nothing of the given one changes."""
        number = len(state.history)
        if number == 0:
            return state.grown([self._judged(self._given)])
        numbers = np.random.default_rng(np.random.SeedSequence([self._seed, number]))
        if number == 1:
            values = self._evaluation.values(self._given)
            genes = starting_genes(self._encoding, self._given, values, self._population, numbers)
            plans = self._judged(self._encoding.decode(genes))
            return replace(state, genes=genes, values=plans.values, violations=plans.violations).grown([plans])
        state, children = self._bred(state, int(numbers.integers(2**32)))
        return state.grown([children, self._mixtures(state, numbers)])

    def _bred(self, state: State, seed: int) -> tuple[State, Plans]:
        """Return the state with a population that was crossed, changed, repaired and thinned out, and the children."""
        count = self._population - self._mixed
        algorithm = _algorithm(state, self._encoding, self._population, count, seed)
        children = algorithm.ask()
        genes = state.genes[:0] if children is None else children.get("X").astype(float)
        plans = self._judged(self._encoding.decode(genes))
        if not len(genes):
            return state, plans
        algorithm.tell(infills=_population(genes, plans.values, plans.violations))
        kept = algorithm.pop
        own = {"genes": kept.get("X").astype(float), "values": kept.get("F"), "violations": kept.get("G")[:, 0]}
        return replace(state, **own), plans

    def _mixtures(self, state: State, rng: np.random.Generator) -> Plans:
        """Return plans between those of the archive."""
        archive = state.archive
        count = self._mixed if len(archive) > 1 else 0
        return self._judged(self._mixer.mix(archive.extents, archive.scaled(), count, rng))

    def _judged(self, extents: Floats) -> Plans:
        return Plans(extents, self._evaluation.values(extents), self._evaluation.violation(extents))


def _algorithm(state: State, encoding: Encoding, population: int, children: int, seed: int) -> NSGA2:
    """Return NSGA-II with a population that is evaluated already."""
    problem = PymooProblem(
        n_var=len(encoding.lower),
        n_obj=state.values.shape[1],
        n_ieq_constr=1,
        xl=encoding.lower,
        xu=encoding.upper,
    )
    known = _population(state.genes, state.values, state.violations)
    algorithm = NSGA2(
        pop_size=population,
        n_offsprings=children,
        sampling=known,
        crossover=_Exchange() if encoding.whole else SBX(eta=15, prob=CROSS),
        mutation=_Change() if encoding.whole else PM(eta=20),
        repair=_Repaired(encoding),
    )
    algorithm.termination = NoTermination()
    algorithm.setup(problem, seed=seed, termination=NoTermination())
    algorithm.tell(infills=algorithm.ask())
    return algorithm


def _population(genes: Genes, values: Floats, violations: Floats) -> Population:
    """Return an evaluated population."""
    population = Population.new("X", genes, "F", values, "G", violations[:, None])
    for one in population:
        one.evaluated.update(("F", "G", "H"))
    return population


class _Exchange(Crossover):  # type: ignore[misc]  # pymoo carries no types
    """Each of two children takes each gene from either parent."""

    def __init__(self) -> None:
        super().__init__(2, 2, prob=CROSS)

    def _do(self, _problem: Any, X: np.ndarray, *_args: Any, random_state: Any = None, **_kwargs: Any) -> np.ndarray:
        swapped = random_state.random(X.shape[1:]) < SWAP
        return np.array([np.where(swapped, X[1], X[0]), np.where(swapped, X[0], X[1])])


class _Change(Mutation):  # type: ignore[misc]  # as above
    """Some genes go one choice up or down, or anywhere."""

    def _do(self, problem: Any, X: np.ndarray, *_args: Any, random_state: Any = None, **_kwargs: Any) -> np.ndarray:
        change = random_state.random(X.shape) < 1.0 / problem.n_var
        step = X + np.where(random_state.random(X.shape) < 0.5, -1.0, 1.0)
        anywhere = np.floor(random_state.random(X.shape) * (problem.xu - problem.xl + 1)) + problem.xl
        new = np.where(random_state.random(X.shape) < STEP, step, anywhere)
        return np.where(change, np.clip(new, problem.xl, problem.xu), X)


class _Repaired(Repair):  # type: ignore[misc]  # as above
    """The repair of an encoding."""

    def __init__(self, encoding: Encoding) -> None:
        super().__init__()
        self._encoding = encoding

    def _do(self, _problem: Any, X: np.ndarray, **_kwargs: Any) -> np.ndarray:
        return self._encoding.repair(np.asarray(X, dtype=float))
