"""The workbook of a template: a sheet that says what to do, and a sheet per table with lists, notes and colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from abate_data.cellstream import letters_of
from abate_data.columns import Column
from abate_data.dictionary import COLUMN_HEADS, blank, column_rows, facts
from abate_data.looks import height_of, width_of
from abate_data.schema import DOMAINS, TABLES
from abate_data.sheets import HEADING, exact_sheet, for_print, new_book, write_text
from abate_data.units import UNITS
from abate_data.workbook import README, SETTINGS

TITLE = "Fill in a case for abate"
#: What to do, in five lines.
STEPS = (
    "1. Sheet `case`: say what the case is called, its currency and its units.",
    "2. Blue sheets, from left to right: write your own figures over the example. Dark headings must be filled, light "
    "ones may stay blank; add as many rows as you need, and delete those of the example that are left.",
    "3. Choose from the list where a cell offers one; rest the pointer on a heading to read what it means.",
    "4. Grey sheets each add something to the case; leave them as they are where you do not need it. Write values "
    "only: no formulas, no merged cells, no hidden sheets.",
    "5. Save it as .xlsx, then run `abate check FILE.xlsx --mark marked.xlsx`, which colours what is wrong, and "
    "`abate plan FILE.xlsx --out plan.xlsx`.",
)

#: Widths of the columns of that sheet, in characters.
README_WIDTHS = (16, 22, 46, 18, 16, 80)

#: Tabs of sheets that the example fills in or that a case needs, and of the others.
NEEDED, FURTHER = "#1F4E79", "#BFBFBF"
#: Headings of columns that must be filled.
REQUIRED = {**HEADING, "bg_color": "#1F4E79", "font_color": "#FFFFFF"}

#: Rows that a list of ids looks at, and the last row of a sheet.
LISTED, LAST = 10_000, 1_048_575


def write_template_book(
    tables: Mapping[str, pd.DataFrame], settings: Sequence[tuple[str, str, str]], path: Path
) -> None:
    """Write the workbook of a template.

    Parameters
    ----------
    tables : every table of the schema in the order of its sheets, with the example's rows if any.
    settings : key, value and meaning of every setting.
    """
    with new_book(path) as book:
        styles = {
            "title": book.add_format({"bold": True, "font_size": 14}),
            "heading": book.add_format(HEADING),
            "required": book.add_format(REQUIRED),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "link": book.get_default_url_format(),
        }
        _write_readme(_added(book, README, NEEDED), list(tables), styles)
        _write_settings(_added(book, SETTINGS, NEEDED), settings, styles)
        for name, frame in tables.items():
            needed = len(frame) > 0 or TABLES[name].required
            _write_table(_added(book, name, NEEDED if needed else FURTHER), name, frame, styles)


def _added(book: Any, name: str, colour: str) -> Any:
    sheet = book.add_worksheet(name, worksheet_class=exact_sheet())
    sheet.set_tab_color(colour)
    for_print(sheet)
    return sheet


def _write_readme(sheet: Any, names: Sequence[str], styles: Mapping[str, Any]) -> None:
    """Write what to do, the colours, the tables with links to their sheets, and every column."""
    for place, width in enumerate(README_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, TITLE, styles["title"])
    row = 1
    for step in STEPS:
        sheet.set_row(row, height_of([step], [0.93 * sum(README_WIDTHS)]))
        sheet.merge_range(row, 0, row, len(README_WIDTHS) - 1, step, styles["text"])
        row += 1
    row += 1
    for style, said in (("required", "must be filled in every row"), ("heading", "may stay blank")):
        sheet.write_string(row, 0, "a heading", styles[style])
        sheet.write_string(row, 1, said)
        row += 1
    row += 1
    for place, text in enumerate(("table", *COLUMN_HEADS)):
        sheet.write_string(row, place, text, styles["heading"])
    for name in names:
        table = TABLES[name]
        row += 1
        sheet.write_url(row, 0, f"internal:'{name}'!A1", styles["link"], name)
        sheet.write_string(row, 1, f"{'required' if table.required else 'optional'}: a row is {table.row}")
        for facts_of in column_rows(table):
            row += 1
            sheet.set_row(row, height_of(facts_of, [0.93 * width for width in README_WIDTHS[1:]]))
            for place, text in enumerate((name, *facts_of)):
                sheet.write_string(row, place, text, styles["text"])


def _write_settings(sheet: Any, settings: Sequence[tuple[str, str, str]], styles: Mapping[str, Any]) -> None:
    for place, (head, width) in enumerate((("key", 26), ("value", 60), ("meaning", 90))):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, head, styles["heading"])
    sheet.freeze_panes(1, 1)
    for row, (key, value, meaning) in enumerate(settings, start=1):
        sheet.set_row(row, height_of([value, meaning], [56, 84]))
        sheet.write_string(row, 0, key, styles["text"])
        sheet.write_string(row, 2, meaning, styles["text"])
        if value.isdigit():
            sheet.write_number(row, 1, int(value), styles["text"])
        elif value:
            write_text(sheet, row, 1, value, styles["text"], styles["text"])
        known = ["true", "false"] if key == "signed_transfer" else list(UNITS.get(key.removeprefix("units."), ()))
        if known and len(",".join(known)) <= 255:  # as long as a list in a cell may be
            sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": known, **_ASKED})


def _write_table(sheet: Any, name: str, frame: pd.DataFrame, styles: Mapping[str, Any]) -> None:
    """Write one sheet: headings with notes, the example's rows, and lists to choose from."""
    sheet.freeze_panes(1, 1)
    widths = [width_of(heading, frame[heading].tolist(), "General") for heading in frame.columns]
    sheet.set_row(0, height_of(list(frame.columns), [width - 1 for width in widths]))
    for place, (column, heading) in enumerate(zip(TABLES[name].columns, frame.columns, strict=True)):
        sheet.set_column(place, place, widths[place])
        sheet.write_string(0, place, heading, styles["required" if column.required else "heading"])
        note = f"{column.description}\n{facts(column)}\nblank: {blank(column)}"
        sheet.write_comment(0, place, note, {"author": "abate", "x_scale": 2.5, "y_scale": 1.6})
        if chosen := _choices(name, column):
            sheet.data_validation(1, place, LAST, place, {"validate": "list", **chosen})
    for row, cells in enumerate(frame.itertuples(index=False, name=None), start=1):
        for place, value in enumerate(cells):
            if isinstance(value, str):
                write_text(sheet, row, place, value, None, None)
            elif value is not None:
                sheet.write_number(row, place, value)


#: A list that may be passed over after a question.
_ASKED = {
    "error_type": "warning",
    "error_title": "Not in the list",
    "error_message": "This is none of those that the list offers. Keep it all the same?",
}


def _choices(table: str, column: Column) -> dict[str, Any]:
    """Return the list of a column: its words, or the ids that another sheet defines; nothing where there is none."""
    words = ["true", "false"] if column.kind == "flag" else [choice for choice in column.choices if choice]
    if words:
        message = f"Choose one of: {', '.join(words)}"
        return {"source": words, "error_title": "Not a choice", "error_message": message[:255]}
    if column.kind != "id":
        return {}
    place, _, name = DOMAINS[column.domain][0].partition(".")
    defining = TABLES[place]
    if defining.key != (name,) or (place, name) == (table, column.name):
        return {}  # ids that stand in several rows would be offered as often
    letter = letters_of([one.name for one in defining.columns].index(name))
    cells = f"{place}!${letter}$2:${letter}${LISTED}"
    filled = f"MAX(1,COUNTA({cells}))"
    return {"source": f"={place}!${letter}$2:INDEX({cells},{filled})", **_ASKED}
