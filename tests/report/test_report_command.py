"""`abate report`: the page, the pictures, and what is refused before work is spent on it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from abate.cli import app

runner = CliRunner()


def test_a_page_and_its_pictures(tmp_path):
    out, figures = tmp_path / "plan.html", tmp_path / "figures"
    done = runner.invoke(
        app, ["report", "echo-reservoir", "--out", str(out), "--lang", "zh", "--figures", str(figures)]
    )
    assert done.exit_code == 0, done.output
    assert "年成本" in out.read_text("utf-8")
    assert {path.suffix for path in figures.iterdir()} == {".svg", ".png"}


def test_a_front_and_a_comparison(tmp_path):
    front = ["report", "echo-reservoir", "--of", "front", "--objective", "cost", "--objective", "removal"]
    done = runner.invoke(app, [*front, "--out", str(tmp_path / "front.html")])
    assert done.exit_code == 0, done.output
    assert '<input type="range" id="point"' in (tmp_path / "front.html").read_text("utf-8")
    comparison = ["report", "echo-reservoir", "--of", "comparison", "--strategy", "least-cost"]
    done = runner.invoke(app, [*comparison, "--strategy", "talmud", "--out", str(tmp_path / "strategies.html")])
    assert done.exit_code == 0, done.output
    assert "talmud" in (tmp_path / "strategies.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "plan.pdf"], "end it in .html"),
        (["--out", "no-folder/plan.html"], "a folder that is not there"),
        (["--out", "plan.html", "--lang", "de"], "en, zh"),
        (["--out", "plan.html", "--of", "map"], "plan, front, comparison"),
        (["--out", "plan.html", "--strategy", "talmud", "--strategy", "least-cost"], "--of comparison"),
        (["--out", "plan.html", "--strategy", "nonsense"], "strateg"),
    ],
)
def test_what_is_refused(tmp_path, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    done = runner.invoke(app, ["report", "echo-reservoir", *options])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split()) + " ".join(done.stderr.split())
    assert not list(tmp_path.iterdir())
