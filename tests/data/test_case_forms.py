"""A case is the same from a folder, a workbook and DataFrames, and survives being written."""

import dataclasses
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from abate_data.cells import text_of
from abate_data.cellstream import escape, unescape
from abate_data.errors import InputError
from abate_data.read import load, shipped_cases
from abate_data.settings import Settings, toml
from abate_data.write import write_case, write_tables

FORMS = ["folder", "book.xlsx"]


def write_plainly(tables, folder: Path) -> None:
    """Write a folder with the csv writer of pandas, nothing of ours but the TOML."""
    folder.mkdir(exist_ok=True)
    (folder / "case.toml").write_text(toml(Settings.model_validate(tables["case"])), encoding="utf-8")
    for name, frame in tables.items():
        if isinstance(frame, pd.DataFrame):
            frame.to_csv(folder / f"{name}.csv", index=False)


def write_plain_workbook(tables, path: Path) -> None:
    """Write a workbook as a planner's spreadsheet program would, with openpyxl alone."""
    book = openpyxl.Workbook()
    book.active.title = "case"
    settings = tables["case"]
    rows = [("key", "value"), ("name", settings["name"]), ("currency", settings["currency"])]
    rows += [("price_year", settings["price_year"]), ("units.load", settings["units"]["load"])]
    rows += [("units.area", "km2"), ("units.quality.tp", "mg/L")]
    rows += [("citations", text) for text in settings.get("citations", [])]
    rows += [("horizon.start", 2025), ("horizon.end", 2035)]
    for row in rows:
        book.active.append(row)
    for name, frame in tables.items():
        if isinstance(frame, pd.DataFrame):
            sheet = book.create_sheet(name)
            for row in [
                list(frame.columns),
                *frame.astype(object).where(frame.notna(), None).to_numpy().tolist(),
            ]:
                sheet.append(row)
    book.save(path)


def test_folder_workbook_and_frames_are_equal(minimal_case_tables, tmp_path):
    minimal_case_tables["case"]["citations"] = ["one", "two"]
    case = load(minimal_case_tables)
    write_plainly(minimal_case_tables, tmp_path / "folder")
    write_plain_workbook(minimal_case_tables, tmp_path / "book.xlsx")
    assert load(tmp_path / "folder") == case
    assert load(str(tmp_path / "book.xlsx")) == case
    assert case.settings.citations == ("one", "two")


def test_typed_columns_and_texts_are_equal(minimal_case_tables):
    texts = {
        name: part if name == "case" else part.map(text_of).astype("category")
        for name, part in minimal_case_tables.items()
    }
    assert load(texts) == load(minimal_case_tables)


def test_frames_are_not_changed_and_not_shared(minimal_case_tables):
    before = {name: part.copy() for name, part in minimal_case_tables.items() if name != "case"}
    case = load(minimal_case_tables)
    old = case.hash
    for name, frame in before.items():
        pd.testing.assert_frame_equal(minimal_case_tables[name], frame)
        minimal_case_tables[name].iloc[:, -1] = minimal_case_tables[name].iloc[0, -1]
    del case.__dict__["hash"]
    assert case.hash == old


def test_tables_of_a_case_make_the_case_again(minimal_case_tables):
    case = load(minimal_case_tables)
    assert load({"case": case.settings.model_dump(), **case.tables}) == case


def test_every_table_is_there_with_its_types(minimal_case_tables):
    case = load(minimal_case_tables)
    assert len(case["rules"]) == 0
    assert case["rules"]["lower"].dtype == np.float64
    assert case["targets"]["priority"].dtype == np.int64
    assert case["targets"]["year"].dtype == np.float64
    assert case["sources"]["controllable"].dtype == np.bool_
    assert case["options"]["group"].isna().all()
    assert case.codes("removals", "source").tolist() == [-1, 1, -1]
    assert case["options"]["max_extent"].tolist() == [1.0, 1.0, 120.0]
    assert case["options"].index.tolist() == [0, 1, 2]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", sorted(shipped_cases()))
def test_shipped_cases_survive_writing(name, form, tmp_path):
    case = load(name)
    write_case(case, tmp_path / form)
    assert load(tmp_path / form) == case


@pytest.mark.parametrize("form", FORMS)
def test_ids_that_look_like_numbers_stay_as_written(minimal_case_tables, form, tmp_path):
    names = {"town": "007", "mill": "1e3", "farm": "NaN"}
    for table in ("sources", "loads", "options", "transfer", "removals"):
        minimal_case_tables[table]["source"] = minimal_case_tables[table]["source"].replace(names)
    case = load(minimal_case_tables)
    assert case.ids("loads", "source") == ["007", "1e3", "NaN"]
    write_case(case, tmp_path / form)
    assert load(tmp_path / form) == case


@pytest.mark.parametrize("form", FORMS)
def test_awkward_texts_and_numbers_survive_writing(minimal_case_tables, form, tmp_path):
    awkward = [
        "=1+1",
        "+a",
        "-b",
        "@c",
        "\td",
        "\re",
        "a\r\nb",
        '"',
        "a,b;c",
        " spaced ",
        "_x000D_",
        "NA",
        "µ³",
    ]
    numbers = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 123456789.123456789, 1e22, 0.0, 2.0**-30]
    minimal_case_tables["sources"] = pd.DataFrame(
        {"source": ["town", "mill", "farm", *(f"s{i}" for i in range(len(awkward)))], "region": "upper"}
    )
    minimal_case_tables["sources"]["name"] = ["", "", "", *awkward]
    minimal_case_tables["sources"]["income"] = [*numbers, *[1.5] * (len(awkward) + 3 - len(numbers))]
    minimal_case_tables["sources"]["=note"] = ["", "", "", *reversed(awkward)]
    case = load(minimal_case_tables)
    assert case["sources"]["name"].tolist()[3:] == awkward
    write_case(case, tmp_path / form)
    assert load(tmp_path / form) == case


def test_workbook_has_no_live_formula(minimal_case_tables, tmp_path):
    write_tables({"plan": pd.DataFrame({"=a": ["=1+1", "+2", "-3", "@x", "\ty", "\rz"]})}, tmp_path / "p.xlsx")
    cells = [row[0] for row in openpyxl.load_workbook(tmp_path / "p.xlsx")["plan"].iter_rows()]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)


@pytest.mark.parametrize("text", ["_x000D_", "a\rb", "_x005F_x000D_", "_", "x\x07", "\ufffe"])
def test_texts_survive_the_escapes_of_a_workbook(text):
    assert unescape(escape(text)) == text


def test_the_same_workbook_has_the_same_bytes(minimal_case_tables, tmp_path):
    case = load(minimal_case_tables)
    for name in ("a.xlsx", "b.xlsx"):
        write_case(case, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


# --- units at the door


def test_units_of_headers_are_converted(minimal_case_tables):
    plain = load(minimal_case_tables)
    stated = dict(minimal_case_tables)
    loads = minimal_case_tables["loads"].assign(load=lambda t: t["load"] * 1000, floor=lambda t: t["floor"] / 1000)
    stated["loads"] = loads.rename(columns={"load": "load [kg/yr]", "floor": "floor [kt/yr]"})
    transfer = minimal_case_tables["transfer"]
    transfer = transfer.assign(coefficient=transfer["coefficient"] * 1e6)  # mg/L per t = 1e6 ug/L per kt
    stated["transfer"] = transfer.rename(columns={"coefficient": "coefficient [ug/L per kt/yr]"})
    stated["background"] = pd.DataFrame({"receptor": ["lake"], "parameter": ["tp"], "value [ng/L]": [1e4]})
    converted = load(stated)
    for table, column in (
        ("loads", "load"),
        ("loads", "floor"),
        ("transfer", "coefficient"),
        ("background", "value"),
    ):
        np.testing.assert_allclose(converted.values(table, column), plain.values(table, column), rtol=1e-15)


def test_units_of_each_parameter_are_its_own(minimal_case_tables):
    minimal_case_tables["case"]["units"]["quality"]["chl"] = "ug/L"
    transfer = minimal_case_tables["transfer"]
    both = pd.concat([transfer, transfer.assign(parameter="chl")], ignore_index=True)
    minimal_case_tables["transfer"] = both.rename(columns={"coefficient": "coefficient [g/m3 per t/yr]"})
    minimal_case_tables["targets"].loc[0, "parameter"] = "tp"
    values = load(minimal_case_tables).values("transfer", "coefficient")
    np.testing.assert_allclose(values, [0.0005, 0.0008, 0.0004, 0.5, 0.8, 0.4], rtol=1e-15)


# --- scenarios


def test_a_scenario_replaces_tables_whole(minimal_case_tables, tmp_path):
    base = load(minimal_case_tables)
    dry = {"targets": minimal_case_tables["targets"].iloc[:1].assign(limit=0.04)}
    minimal_case_tables["scenarios"] = {"dry": dry}
    case = load(minimal_case_tables, "dry")
    assert load(minimal_case_tables) == base
    assert (case.scenario, len(case["targets"])) == ("dry", 1)
    assert case != base
    write_plainly(minimal_case_tables, tmp_path / "folder")
    (tmp_path / "folder" / "scenarios" / "dry").mkdir(parents=True)
    dry["targets"].to_csv(tmp_path / "folder" / "scenarios" / "dry" / "targets.csv", index=False)
    assert load(tmp_path / "folder", "dry") == case
    assert load(tmp_path / "folder") == base
    write_plain_workbook({**minimal_case_tables, "targets@dry": dry["targets"]}, tmp_path / "book.xlsx")
    assert load(tmp_path / "book.xlsx", "dry") == case
    assert load(tmp_path / "book.xlsx") == base
    write_case(case, tmp_path / "again")
    assert load(tmp_path / "again") == dataclasses.replace(case, scenario="")


@pytest.mark.parametrize("name", ["..", "../..", "/", "dry/../../x", "wet"])
def test_scenarios_are_names_not_paths(minimal_case_tables, tmp_path, name):
    write_plainly(minimal_case_tables, tmp_path)
    (tmp_path / "scenarios" / "dry").mkdir(parents=True)
    with pytest.raises(InputError, match=r"no such scenario.*'dry'"):
        load(tmp_path, name)


# --- whole or not at all


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_overwritten(minimal_case_tables, form, tmp_path):
    case, target = load(minimal_case_tables), tmp_path / form
    write_case(case, target)
    with pytest.raises(InputError, match=r"something stands there already.*new place"):
        write_case(case, target)
    assert load(target) == case


def test_an_empty_folder_is_filled(minimal_case_tables, tmp_path):
    (tmp_path / "new").mkdir()
    write_case(load(minimal_case_tables), tmp_path / "new")
    assert load(tmp_path / "new") == load(minimal_case_tables)


@pytest.mark.parametrize("form", FORMS)
def test_a_failure_leaves_nothing(minimal_case_tables, form, tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(InputError, match="No space left on device"):
        write_case(load(minimal_case_tables), tmp_path / form)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_not_there(minimal_case_tables, tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_case(load(minimal_case_tables), tmp_path / "no" / "where")


def test_result_tables_keep_a_telling_index(tmp_path):
    frame = pd.DataFrame({"load": [1.5, np.nan]}, index=pd.Index(["town", "mill"], name="source"))
    write_tables({"allocation": frame, "prices": pd.DataFrame({"price": [0.1 + 0.2]})}, tmp_path / "plan")
    assert (tmp_path / "plan" / "allocation.csv").read_text() == "source,load\ntown,1.5\nmill,\n"
    assert (tmp_path / "plan" / "prices.csv").read_text() == "price\n0.30000000000000004\n"
    write_tables({"allocation": frame}, tmp_path / "plan.xlsx")
    rows = openpyxl.load_workbook(tmp_path / "plan.xlsx")["allocation"].values
    assert list(rows) == [("source", "load"), ("town", 1.5), ("mill", None)]
