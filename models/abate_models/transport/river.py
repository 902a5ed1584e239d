"""Transfer coefficients of a river: how quality at each receptor responds to each load above it.

Steady state, plug flow in every reach, complete mixing at every outfall and junction (Streeter & Phelps 1925;
Chapra 1997, lectures 9 and 21). All of it is linear in the loads, so a load of one unit, followed from its
outfall to the mouth, gives every coefficient of that load:

    c = W / Q,    dW/dt = -k W,    dD/dt = o k W - a D,

with W the flux of the pollutant and D the flux of oxygen deficit [mass/time], Q the flow of the reach
[volume/time], c the concentration [mass/volume], t the time of travel [d], k the decay and a the reaeration
rate at the temperature of the water [1/d] and o the oxygen used per mass decayed [-]. At a junction fluxes
are kept: water that joins on the way, effluents too, brings nothing but the loads and is saturated with
oxygen. So is a flux kept where a reach has less flow than those above it: a withdrawal is taken to leave
its load in the river, which errs on the safe side.

References
----------
Streeter, H. W. & Phelps, E. B. (1925): A study of the pollution and natural purification of the Ohio River,
    III. Public Health Bulletin 146, US Public Health Service.
Chapra, S. C. (1997): Surface Water-Quality Modeling. McGraw-Hill.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abate_data.case import Case
from abate_data.errors import Finding, InputError
from abate_data.schema import OXYGEN
from abate_data.units import convert
from abate_models.transport.decay import Array
from abate_models.transport.network import Codes, River, read_river
from abate_models.transport.oxygen import saturation
from abate_models.transport.parcels import Parcels, follow, receptors_by_reach, unit_loads


@dataclass(frozen=True, eq=False)
class RiverTransfer:
    """What a river adds to a case's `transfer` and `background` tables, in the units of the case.

    Attributes
    ----------
    parameters : names of the parameters: the case's own, and `dissolved_oxygen` at the end where the case
        does not name it.
    source, receptor, pollutant, parameter : codes of each coefficient, shape (n,), in the planner's order;
        only where the receptor lies below the source and feels its load.
    coefficient : rise of the parameter per unit of load [quality unit / load unit], shape (n,); negative for
        dissolved oxygen.
    background_receptor, background_parameter : codes of each background, shape (m,); only where the case's
        own `background` table has none.
    background_value : quality with no load at all [quality unit], shape (m,).
    """

    parameters: tuple[str, ...]
    source: Codes
    receptor: Codes
    pollutant: Codes
    parameter: Codes
    coefficient: Array
    background_receptor: Codes
    background_parameter: Codes
    background_value: Array


def river_transfer(case: Case) -> RiverTransfer:
    """Return the transfer coefficients and backgrounds that follow from a case's reaches and kinetics.

    Parameters
    ----------
    case : any case; one without reaches or without kinetics has no coefficients.

    Returns
    -------
    RiverTransfer
        Coefficients for every load whose source lies on a reach and whose pollutant has kinetics: of the
        pollutant's own parameter, and of dissolved oxygen where it uses oxygen. Backgrounds of dissolved
        oxygen where any pollutant uses it: saturation at the temperature of the receptor's reach.

    Raises
    ------
    InputError
        Where a reach has no flow or no velocity, a pollutant's kinetics leave out a reach or name oxygen,
        or a parameter has no unit.
    """
    names = case.ids("kinetics", "parameter")
    parameters = names if OXYGEN in names else [*names, OXYGEN]
    if case["reaches"].empty or case["kinetics"].empty:
        return _nothing(parameters)
    river = read_river(case)
    receptor, parcels = follow(river, unit_loads(case, river), receptors_by_reach(case))
    order = np.lexsort((parcels.pollutant, receptor, parcels.source))
    receptor, parcels = receptor[order], parcels.take(order)
    meeting, parameter, flux = _effects(river, parcels, parameters.index(OXYGEN))
    dilution = _quality_of_flux(case, parameters, parameter) / river.flow[parcels.reach[meeting]]
    saturated, saturation_value = _oxygen_background(case, river, parameters.index(OXYGEN))
    return RiverTransfer(
        parameters=tuple(parameters),
        source=parcels.source[meeting],
        receptor=receptor[meeting],
        pollutant=parcels.pollutant[meeting],
        parameter=parameter,
        coefficient=flux * dilution,
        background_receptor=saturated,
        background_parameter=np.full(len(saturated), parameters.index(OXYGEN)),
        background_value=saturation_value,
    )


def _nothing(parameters: list[str]) -> RiverTransfer:
    codes, values = np.zeros(0, dtype=np.int64), np.zeros(0)
    return RiverTransfer(tuple(parameters), codes, codes, codes, codes, values, codes, codes, values)


def _effects(river: River, parcels: Parcels, oxygen: int) -> tuple[Codes, Codes, Array]:
    """Return what each parcel does where it is: (parcel, parameter, flux [mass per mass discharged]).

    A parcel makes its own concentration and takes oxygen; an effect of nothing is left out.
    """
    own = river.parameter[parcels.reach, parcels.pollutant]
    parameter = np.column_stack((own, np.full(len(own), oxygen)))
    flux = np.column_stack((parcels.load, -parcels.deficit))
    parcel, effect = np.nonzero(flux)
    return parcel, parameter[parcel, effect], flux[parcel, effect]


def _quality_of_flux(case: Case, parameters: list[str], parameter: Codes) -> Array:
    """Return what one unit of load makes of each given parameter in a flow of 1 m3/d [quality unit]."""
    milligrams_per_litre = 1000.0 * convert(np.ones(1), case.settings.units.load, "kg/d")
    factor = np.full(len(parameters), np.nan)
    for code in np.unique(parameter):
        factor[code] = convert(milligrams_per_litre, "mg/L", _unit(case, parameters[code]))[0]
    return factor[parameter]


def _oxygen_background(case: Case, river: River, oxygen: int) -> tuple[Codes, Array]:
    """Return the receptors whose oxygen no row of `background` gives, and its saturation there."""
    if not (case.values("kinetics", "oxygen_demand") > 0.0).any():
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    given = case.codes("background", "receptor")[case.codes("background", "parameter") == oxygen]
    reach = case.codes("receptors", "reach")
    receptor = np.setdiff1d(np.flatnonzero(reach >= 0), given)
    value = saturation(river.temperature[reach[receptor]])
    return receptor, convert(value, "mg/L", _unit(case, OXYGEN))


def _unit(case: Case, parameter: str) -> str:
    """Return the unit of a parameter; refuse one without."""
    unit = case.settings.units.quality.get(parameter, "")
    if not unit:
        cure = f'add {parameter} = "mg/L", or the unit that the case uses, under [units.quality]'
        raise InputError([Finding("case.toml", f"parameter {parameter!r} of the river has no unit", cure)])
    return unit
