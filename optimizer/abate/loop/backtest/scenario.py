"""What hidden worlds are drawn from: sizes, errors of the library, noise of the monitoring, faults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """The population of worlds.

    All errors are standard deviations of natural logarithms, so .2 is about 20 %. They are errors of the library: how
    far the truth lies from what a planner finds in the case. What the planner's prior says of them is the same in both
    kinds of prior; with an optimistic one the truth is, on top, worse than the library by the shares given last.

    Attributes
    ----------
    sources, receptors, years : sizes.
    effectiveness_common, effectiveness_own : error of what a measure removes, shared by all sources and of each.
    load : error of a baseline load.
    transfer_receptor, transfer_source, transfer_pair : error of a transfer coefficient, shared by all that act on a
        receptor, by all that a source acts on, and of each pair.
    background : error of the background of a receptor.
    growth : of a source's yearly growth about the one expected; activity_noise : of a single year.
    drift : of effectiveness, a year.
    report_bias : of what a source reports, for good; report_noise : of a single month.
    weather, regional_weather : of a month's quality at one receptor, and shared by all (the belief knows none of it).
    gross : share of months at a receptor that are wrong by a factor of three, up or down.
    missing : share of monthly values that never come.
    detection : limit of detection at a receptor, as a share of its final limit.
    faults : sources in a world at which the effectiveness of every measure halves in some year.
    hidden : share of them that report as if nothing had happened.
    ramp : extent that can be added to an option in a year.
    interim : share by which the limits are looser in the first year; phase_in : years until they are final.
    cut : least and greatest share of the sources' contribution that the final limit of a receptor takes away.
    penalty : money a year per relative exceedance of one receptor.
    overstated : by which an optimistic library overstates what every measure removes; understated : and understates
        loads, as shares.
    """

    sources: int = 30
    receptors: int = 8
    years: int = 10
    effectiveness_common: float = 0.12
    effectiveness_own: float = 0.15
    load: float = 0.12
    transfer_receptor: float = 0.08
    transfer_source: float = 0.15
    transfer_pair: float = 0.18
    background: float = 0.20
    growth: float = 0.007
    activity_noise: float = 0.01
    drift: float = 0.015
    report_bias: float = 0.15
    report_noise: float = 0.10
    weather: float = 0.14
    regional_weather: float = 0.03
    gross: float = 0.005
    missing: float = 0.10
    detection: float = 0.50
    faults: int = 1
    hidden: float = 0.5
    ramp: float = 0.5
    interim: float = 0.5
    phase_in: int = 5
    cut: tuple[float, float] = (-0.25, 0.35)
    penalty: float = 1.1e6
    overstated: float = 0.20
    understated: float = 0.03
