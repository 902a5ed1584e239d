"""A report: one page that opens without a network, and its charts as pictures for documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abate.errors import Finding, InputError
from abate.report.parts import Section
from abate.words import Words
from abate_data.write import write_whole

if TYPE_CHECKING:
    import altair as alt

#: Kinds of picture that charts are saved as.
FORMATS = ("svg", "png")
#: Pixels of a saved picture per pixel of the chart.
SCALE = 2.0
#: The version of Vega-Lite that draws them: the one of the page.
VERSION = "6.4"


@dataclass(frozen=True, repr=False)
class Report:
    """What a result says to those who decide on it.

    Attributes
    ----------
    title, subtitle : what it is a report of.
    sections : its parts, in order.
    words : the language it is written in.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    words: Words

    @property
    def figures(self) -> Mapping[str, alt.TopLevelMixin]:
        """Every chart by its name, an Altair chart each."""
        return {picture.name: picture.chart for section in self.sections for picture in section.pictures}

    def to_html(self) -> str:
        """Return the whole page as one text: styles, scripts, charts and tables stand in it."""
        from abate.report.page import page

        return page(self)

    def save(self, path: str | Path) -> None:
        """Write the page to a file, whole or not at all.

        Raises
        ------
        InputError
            Where something stands there already, or nothing can be written there.
        """
        text = self.to_html()

        def write(part: Path) -> None:
            part.write_text(text, "utf-8")

        write_whole(path, write)

    def save_figures(self, folder: str | Path, kinds: Sequence[str] = FORMATS) -> None:
        """Write every chart into a new folder as SVG and PNG, or as one of the two, whole or not at all.

        Raises
        ------
        InputError
            Where a kind is another one, something stands there already, or nothing can be written there.
        """
        chosen = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        if unknown := [kind for kind in chosen if kind not in FORMATS]:
            cure = "choose " + " or ".join(FORMATS)
            raise InputError([Finding("figures", "is no kind of picture that is made here", cure, value=unknown[0])])
        write_whole(folder, lambda part: self._draw(part, chosen))

    def _draw(self, folder: Path, kinds: Sequence[str]) -> None:
        import vl_convert

        folder.mkdir()
        for name, chart in self.figures.items():
            text = chart.to_json(indent=None)
            if "svg" in kinds:
                (folder / f"{name}.svg").write_text(vl_convert.vegalite_to_svg(text, vl_version=VERSION), "utf-8")
            if "png" in kinds:
                (folder / f"{name}.png").write_bytes(vl_convert.vegalite_to_png(text, scale=SCALE, vl_version=VERSION))

    def _repr_html_(self) -> str:
        """Show the report in a notebook, apart from the notebook's own page."""
        from html import escape

        style = "width:100%;height:80vh;border:1px solid #ccc"
        return f'<iframe style="{style}" srcdoc="{escape(self.to_html())}"></iframe>'

    def __repr__(self) -> str:
        return f"<Report {self.title!r}: {len(self.sections)} sections, {len(self.figures)} charts>"
