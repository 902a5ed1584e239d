"""Dissolved oxygen: its saturation, and the deficit that decaying pollutants leave behind.

References
----------
Streeter, H. W. & Phelps, E. B. (1925): A study of the pollution and natural purification of the Ohio River,
    III. Public Health Bulletin 146, US Public Health Service.
Chapra, S. C. (1997): Surface Water-Quality Modeling. McGraw-Hill, lectures 19 to 22.
Benson, B. B. & Krause, D. (1984): The concentration and isotopic fractionation of oxygen dissolved in
    freshwater and seawater in equilibrium with the atmosphere. Limnology and Oceanography 29, 620-632.
APHA: Standard Methods for the Examination of Water and Wastewater, method 4500-O (the table and its
    equation).
"""

from __future__ import annotations

import numpy as np

from abate_models.transport.decay import Array, remaining

#: Factor on the reaeration rate per degree (Elmore & West 1961; Chapra 1997, lecture 20).
REAERATION_FACTOR = 1.024


def saturation(temperature: Array) -> Array:
    """Return the saturation concentration of oxygen in fresh water at sea level [mg/L].

    ln C = -139.34411 + 1.575701e5 / T - 6.642308e7 / T^2 + 1.243800e10 / T^3 - 8.621949e11 / T^4, with C the
    saturation concentration [mg/L] at 1 atm and T the temperature [K] (Benson & Krause 1984; APHA 4500-O).
    Made for 0 to 40 degC.

    Parameters
    ----------
    temperature : of the water [degC], shape (...).

    Examples
    --------
    >>> saturation(np.array([0.0, 20.0])).round(2).tolist()
    [14.62, 9.09]
    """
    inverse = 1.0 / (temperature + 273.15)
    cubic = 1.575701e5 + inverse * (-6.642308e7 + inverse * (1.243800e10 - inverse * 8.621949e11))
    return np.exp(-139.34411 + inverse * cubic)


def deficit_after(deficit: Array, load: Array, decay: Array, reaeration: Array, demand: Array, days: Array) -> Array:
    """Return the oxygen deficit after a time of travel (the oxygen sag).

    dD/dt = o k W - a D with dW/dt = -k W has the solution

        D = D_0 exp(-a t) + o k W_0 (exp(-k t) - exp(-a t)) / (a - k),

    whose quotient tends to t exp(-k t) as a tends to k. D is the deficit and D_0 the deficit at the start,
    W_0 the load at the start, all as flux [mass/time] or all as concentration [mass/volume], which are
    proportional within a reach; o is the oxygen used per mass decayed [-], k the decay and a the reaeration
    rate at the temperature of the water [1/d], t the time of travel [d] (Streeter & Phelps 1925; Chapra 1997,
    lecture 21). Linear in D_0 and W_0: the deficits of several pollutants add up for as long as oxygen is
    left to be used.

    Parameters
    ----------
    deficit, load : at the start, shape (n,).
    decay, reaeration : rates [1/d], 0 or more, shape (n,).
    demand : oxygen used per mass decayed, shape (n,).
    days : times of travel [d], 0 or more, shape (n,).
    """
    # The quotient is symmetric in the two rates. With the slower one outside, no exponent is positive, and
    # (1 - exp(-x)) / x keeps all its digits where the rates are almost equal.
    apart = np.abs(reaeration - decay) * days
    kept = np.divide(-np.expm1(-apart), apart, out=np.ones_like(apart), where=apart > 0.0)
    quotient = days * kept * remaining(np.minimum(decay, reaeration), days)
    return deficit * remaining(reaeration, days) + demand * decay * load * quotient
