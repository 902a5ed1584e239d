"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    exec("\n".join(blocks), {})
    shown = re.search(r"print\(plan\) +# (.*)", "\n".join(blocks))
    assert shown is not None
    assert shown.group(1) in capsys.readouterr().out


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text("utf-8"))
    assert links
    assert all((README.parent / link).exists() for link in links if "://" not in link)
