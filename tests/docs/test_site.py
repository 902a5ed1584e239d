"""The site builds without a warning, needs nothing from elsewhere, and holds what it is to hold."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from docstrings import for_reference, with_definitions, with_formulas
from formulas import set_formulas
from mathematics import PARTS, mathematics_page

import abate

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models" / "abate_models"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site, a warning being an error."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(place)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    ran = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return place


def test_it_needs_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        html = page.read_text("utf-8")
        needed = re.findall(r"<(?:script|img|iframe)\b[^>]*\bsrc=\"?(https?:)?//", html)
        needed += re.findall(r"<link\b[^>]*rel=\"?(?:stylesheet|preload|preconnect|icon)\"?[^>]*https?://", html)
        assert not needed, page


def test_every_formula_is_set(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = re.sub(r"<(code|script)\b.*?</\1>", "", page.read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r'class="arithmatex"|\.\. math::|:math:|\\\[', text), page


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    anchors = {
        anchor
        for page in (site / "reference").rglob("*.html")
        for anchor in re.findall(r'id="([\w.]+)"', page.read_text("utf-8"))
    }
    names = [name for name in abate.__all__ if not isinstance(getattr(abate, name), ModuleType)]
    missing = [name for name in names if not {f"abate.{name}", f"abate.{name}.{name}"} & anchors]
    assert not missing


def test_every_block_of_the_mathematics_is_on_its_page() -> None:
    page = mathematics_page(MODELS)
    files = {file.relative_to(MODELS).with_suffix("").as_posix().replace("/", ".") for file in MODELS.rglob("*.py")}
    blocks = {name for names in PARTS.values() for name in names}
    assert blocks <= files
    for name in files - blocks:
        text = (MODELS / name.replace(".", "/")).with_suffix(".py").read_text("utf-8")
        assert ".. math::" not in text, f"{name} has formulas, and no place in PARTS of docs/_site/mathematics.py"
    assert page.count("\n### ") == sum(map(len, PARTS.values()))


def test_formulas_become_mathml() -> None:
    marked = r'<div class="arithmatex">\[x \le 1\]</div> <span class="arithmatex">\(a &lt; b\)</span>'
    done = set_formulas(marked)
    assert done.count("<math") == 2
    assert 'display="block"' in done
    assert "arithmatex" not in done


def test_docstrings_become_markdown() -> None:
    assert with_formulas("with :math:`x` in") == r"with \(x\) in"
    assert with_formulas(".. math:: x \\le 1\n\nend") == "\\[x \\le 1\\]\n\nend"
    assert with_formulas(".. math::\n\n    a\n    b\n\n    c\n\nend") == "\\[a b\\]\n\n\\[c\\]\n\nend"
    assert with_definitions("cost\n    what it costs") == "cost\n:   what it costs"
    docstring = (
        "Plan `abate.load`.\n\nParameters\n----------\na, b : of two\n    lines.\n\nReturns\n-------\nWhat is.\n"
    )
    done = for_reference(docstring, {"abate.load": "abate.load"})
    assert "[`abate.load`][abate.load]" in done
    assert "a, b\n    of two\n    lines." in done
    assert "_\n    What is." in done


def test_the_citation_says_what_the_package_says() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert citation["cff-version"] == "1.2.0"
    assert (citation["title"], citation["version"]) == (project["name"], project["version"])
    assert citation["license"] == project["license"]
    assert citation["message"]
    assert citation["authors"] == project["authors"]
