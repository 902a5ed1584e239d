"""What results that have a report share: the method that makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from abate.report import Report


class Reported:
    """A result that can be shown as a page."""

    def report(self, *, lang: str = "en") -> Report:
        """Return a page that opens without a network; ``.save("report.html")`` writes it, ``.save_figures`` its charts.

        Parameters
        ----------
        lang : ``en`` or ``zh`` (Simplified Chinese).

        Raises
        ------
        InputError
            Where there is no such language.
        """
        from abate.report import make_report

        return make_report(cast(Any, self), lang=lang)
