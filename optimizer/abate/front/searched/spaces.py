"""Which encoding a search uses."""

from __future__ import annotations

from abate.errors import Finding, InputError
from abate.front.searched.choices import Choices, count_slots
from abate.front.searched.encoding import Encoding
from abate.front.searched.evaluation import Evaluation
from abate.front.searched.policies import Policies
from abate_data.names import offer

#: Slots beyond which the policy space is searched.
MOST_SLOTS = 2_000
SPACES = ("options", "policy")


def choose_encoding(evaluation: Evaluation, name: str | None = None) -> Encoding:
    """Return the space that is named, or the one that suits the size of the case.

    Raises
    ------
    InputError
        Where there is no such space, or no target that the policy space could tighten.
    InfeasibleError
        Where the policy space finds that no plan keeps all limits.
    """
    if name is not None and name not in SPACES:
        raise InputError([Finding("space", "is not known", offer(str(name), SPACES, "space"), value=str(name))])
    large = count_slots(evaluation.problem) > MOST_SLOTS
    if name == "policy" or (name is None and large):
        return Policies(evaluation.problem, evaluation.limits)
    return Choices(evaluation.problem, evaluation.limits)
