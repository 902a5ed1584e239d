"""What `case.toml` says: the case's name, money, units, horizon and where its figures come from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

#: An entry of a list or mapping; a blank one would be lost in a workbook.
Entry = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Horizon(_Strict):
    """First and last year that a target or an option may name."""

    start: int = Field(ge=1900, le=2200, description="first year of the horizon")
    end: int = Field(ge=1900, le=2200, description="last year of the horizon")


class Units(_Strict):
    """The unit of every dimension that the case's tables use; results come back in the same units.

    `quality` maps each parameter to its unit. A dimension that no table uses may be left out.
    """

    load: str = Field(default="", description="unit of all loads, such as kg/yr or t/yr")
    flow: str = Field(default="", description="unit of all flows, such as m3/s")
    length: str = Field(default="", description="unit of reaches and of positions on them, such as km")
    area: str = Field(default="", description="unit of the area of regions, such as km2")
    velocity: str = Field(default="", description="unit of velocities in reaches, such as m/s")
    temperature: str = Field(default="degC", description="unit of water temperatures")
    quality: dict[Entry, Entry] = Field(
        default_factory=dict, description='unit of each parameter, such as { pm25 = "ug/m3", tp = "mg/L" }'
    )


class Settings(_Strict):
    """The contents of `case.toml`; every field's description says what it means."""

    name: str = Field(min_length=1, pattern=r"^[\w .\-]+$", description="short name of the case")
    title: str = Field(default="", description="what the case is, in a line")
    description: str = Field(default="", description="what it decides, in a paragraph")
    currency: str = Field(
        default="USD",
        pattern=r"^[A-Z]{3}$",
        description="ISO code of all money, in units (not thousands) of price_year",
    )
    price_year: int | None = Field(default=None, ge=1900, le=2200, description="year of the prices")
    discount_rate: FiniteFloat = Field(
        default=0.0,
        ge=0,
        le=1,
        description="per year, as a share (0.03 for 3 %); spreads capital over the lifetime of a measure",
    )
    licence: str = Field(default="", description="under what licence the figures may be passed on")
    citations: tuple[Entry, ...] = Field(default=(), description="where the figures come from")
    assumptions: tuple[Entry, ...] = Field(default=(), description="what the figures take for granted, in sentences")
    signed_transfer: bool = Field(
        default=False,
        description="negative transfer coefficients are meant (air chemistry knows them), and no slip",
    )
    horizon: Horizon | None = Field(default=None, description="the years that are planned")
    units: Units = Field(default_factory=Units, description="the units of all tables and results")


def setting_rows(settings: Settings) -> list[tuple[str, str | float | bool]]:
    """Return the settings that are not defaults as rows of key and value, in order.

    A dot in a key goes down a level; a key stands once for every entry of a list.
    """
    rows: list[tuple[str, str | float | bool]] = []
    for key, value in settings.model_dump(exclude_defaults=True).items():
        rows.extend(_rows(key, value))
    return rows


def _rows(key: str, value: Any) -> Iterator[tuple[str, str | float | bool]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _rows(f"{key}.{name}", inner)
    elif isinstance(value, tuple):
        yield from ((key, entry) for entry in value)
    else:
        yield key, value


def toml(settings: Settings) -> str:
    """Return the settings that are not defaults as the text of a `case.toml`."""
    values = settings.model_dump(exclude_defaults=True)
    lines = [f"{key} = {toml_value(value)}" for key, value in values.items() if not isinstance(value, dict)]
    for key, value in values.items():
        if isinstance(value, dict):
            lines += ["", f"[{key}]", *(f"{name} = {toml_value(inner)}" for name, inner in value.items())]
    return "\n".join(lines) + "\n"


def toml_value(value: Any) -> str:
    """Return one value as TOML writes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml_value(name)} = {toml_value(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, tuple):
        return "[\n" + "".join(f"  {toml_value(entry)},\n" for entry in value) + "]"
    # JSON writes texts, numbers and truth as TOML does, but for one control character
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
