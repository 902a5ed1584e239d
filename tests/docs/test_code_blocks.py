"""What the README and the pages of the site show is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import PAGES, ROOT, Reader, agrees, blocks_of

#: Languages of blocks: run, written as files, shown.
RUN, WRITTEN, SHOWN = {"python", "sh"}, {"toml", "csv"}, {"text"}
#: Pages that a command wrote may show it indented: what they show is what it ran.
WRITTEN_BY_A_COMMAND = "Written by "


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(one.language in RUN for one in blocks_of(page))], ids=name
)
def test_its_blocks_run_and_show_what_comes_out(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Reader(tmp_path).read(page)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_run_or_says_why_not(page: Path) -> None:
    text = page.read_text("utf-8")
    blocks = blocks_of(page)
    assert text.count("```") == 2 * len(blocks), "a block is not closed, or was not found"
    for block in blocks:
        assert block.language in RUN | WRITTEN | SHOWN, f"line {block.line}: what language is it?"
        assert block.language not in WRITTEN or block.title, f"line {block.line}: which file is it?"
        assert not block.mark.startswith("not run") or len(block.reason) > 10, f"line {block.line}: say why"
    if WRITTEN_BY_A_COMMAND not in text:
        prose = re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.MULTILINE | re.DOTALL)
        assert not re.search(r"^\n {4}(import |abate |abate\.|\w+ = )", prose, re.MULTILINE), "code without a fence"


def test_few_blocks_are_not_run() -> None:
    left_out = [(name(page), block.reason) for page in PAGES for block in blocks_of(page) if block.reason]
    assert len(left_out) <= 8, left_out


@pytest.mark.parametrize(
    ("shown", "said", "same"),
    [
        ("a  b\n", "a b\n\n", True),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a 1... d", "a 123 d", True),
        ("a\n...", "b\na", False),
        ("a.c", "abc", False),
        ("", "a", False),
    ],
)
def test_what_is_shown_is_compared(shown: str, said: str, same: bool) -> None:
    assert agrees(shown, said) is same
