"""The router: which method a front is found by, and why."""

from __future__ import annotations

from dataclasses import dataclass

from abate.errors import Finding, InputError
from abate.front.exact.space import Space
from abate_data.names import offer

#: Objectives beyond which the facets of a hull become too many.
MOST_OF_A_HULL = 6
#: Gap where the model has shares only, and where it has whole numbers as well, unless another one is asked for.
CONVEX_GAP, MIXED_GAP = 1e-3, 1e-2

METHODS = ("dichotomy", "sandwich", "epsilon", "boxes", "zones")


@dataclass(frozen=True)
class Route:
    """The method that was chosen, the reason in words, and the gap that it goes to."""

    method: str
    why: str
    gap: float


def choose_route(space: Space, method: str | None, gap: float | None) -> Route:
    """Return the route for a space: the method that is named, or the one that suits it.

    Raises
    ------
    InputError
        Where the named method does not exist, or cannot find the front of such a model.
    """
    best, why = _suited(space)
    if method is not None and method not in METHODS:
        cure = offer(method, METHODS, "method")
        raise InputError([Finding("method", "is not known", cure, value=str(method))])
    if method is not None and method != best:
        _refuse_unfit(space, method, best, why)
        best, why = method, "it was asked for"
    return Route(best, why, _gap(space, best) if gap is None else gap)


def _suited(space: Space) -> tuple[str, str]:
    count = "two" if space.count == 2 else f"{space.count}"
    if not space.whole:
        if space.count == 2:
            return "dichotomy", "two linear objectives and no whole numbers: every extreme point can be found"
        if space.count <= MOST_OF_A_HULL:
            return "sandwich", f"{count} linear objectives and no whole numbers: the front is a convex surface"
        return "zones", f"{count} objectives are too many for a hull"
    if space.steps is not None:
        name = "epsilon" if space.count == 2 else "zones"
        return name, f"{count} objectives that take whole steps: every point can be found"
    name = "boxes" if space.count == 2 else "zones"
    return name, f"{count} objectives, with decisions that are yes or no and shares: the front has pieces and holes"


def _refuse_unfit(space: Space, method: str, best: str, why: str) -> None:
    fits = {
        "dichotomy": space.count == 2 and not space.whole,
        "sandwich": not space.whole and space.count <= MOST_OF_A_HULL,
        "epsilon": space.count == 2 and space.steps is not None,
        "boxes": space.count == 2,
        "zones": True,
    }
    if not fits[method]:
        cure = f"leave it out: {best} suits it ({why})"
        raise InputError([Finding("method", "cannot find the front of this model", cure, value=method)])


def _gap(space: Space, method: str) -> float:
    if method in ("dichotomy", "epsilon") or (method == "zones" and space.steps is not None):
        return 0.0
    return MIXED_GAP if method in ("boxes", "zones") else CONVEX_GAP
