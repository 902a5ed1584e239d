"""The code blocks of the pages: what each is, whether it is run, and what it says."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(file for file in (ROOT / "docs").rglob("*.md") if "_site" not in file.parts)]

#: A fenced block with the comment before it, if any; blocks of tabs are indented.
_FENCE = re.compile(
    r"(?:^ *<!-- (?P<mark>[^\n]*) -->\n(?: *\n)*)?"
    r"^(?P<indent> *)(?P<fence>```+) *(?P<language>\w*)(?P<rest>[^\n]*)\n(?P<body>.*?)^(?P=indent)(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_NOT_RUN = "not run: "
_EXITS = "exits with "
#: What a reader has already where a block begins, such as a folder of cases, as commands.
_FIRST = "first: "
#: What a line prints, where it stands beside it.
_PRINTED = re.compile(r"^print\(.*\) +# (<.*>)$", re.MULTILINE)
#: The two commands of the README that set everything up stand between marks of their own; `.ci/run` runs them.
_SET_UP = ("first-command", "test-command")
#: Commands that take minutes; each page that they write says so, and tests of their own run them on small cases.
_BENCHMARKS = "python -m benchmarks"


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    line: int
    language: str
    title: str
    mark: str
    body: str
    follows: bool

    @property
    def reason(self) -> str:
        """Why it is not run; blank where it is."""
        if self.mark.startswith(_NOT_RUN):
            return self.mark.removeprefix(_NOT_RUN)
        if self.mark in _SET_UP:
            return "it sets everything up; .ci/run runs it"
        if self.language == "sh" and self.body.startswith(_BENCHMARKS):
            return "it takes minutes"
        return ""

    @property
    def exit_code(self) -> int:
        """What a command is to end with."""
        return int(self.mark.removeprefix(_EXITS)) if self.mark.startswith(_EXITS) else 0


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of a page in order; `follows` says that nothing but blanks parts one from the block before."""
    text = page.read_text("utf-8")
    found: list[Block] = []
    end = -1
    for match in _FENCE.finditer(text):
        title = re.search(r'title="([^"]*)"', match["rest"])
        body = textwrap.dedent(match["body"])
        line = text.count("\n", 0, match.start("fence")) + 1
        follows = end >= 0 and not text[end : match.start()].strip()
        found.append(
            Block(line, match["language"], title.group(1) if title else "", match["mark"] or "", body, follows)
        )
        end = match.end()
    return found


class Reader:
    """Does what a page says: Python in one namespace, commands in a shell, files written as they stand there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "__main__"}

    def read(self, page: Path) -> None:
        """Do everything, and hold what the page shows against what comes out."""
        said: str | None = None
        for block in blocks_of(page):
            where = f"{page.relative_to(ROOT).as_posix()}, line {block.line}"
            if block.language in ("python", "sh"):
                said = None if block.reason else self.done(block, where)
            elif block.language == "text" and block.follows:
                assert said is None or agrees(block.body, said), f"{where} shows:\n{block.body}\nbut it is:\n{said}"
                said = None
            elif block.title:
                place = self.folder / block.title
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(block.body, "utf-8")

    def done(self, block: Block, where: str) -> str:
        """Return what a block says."""
        if block.mark.startswith(_FIRST):
            self.shell(replace(block, mark="", body=block.mark.removeprefix(_FIRST)), where)
        if block.language == "sh":
            return self.shell(block, where)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(compile("\n" * (block.line) + block.body, where, "exec"), self.names)
        unsaid = [shown for shown in _PRINTED.findall(block.body) if shown not in said.getvalue()]
        assert not unsaid, f"{where} shows {unsaid}, but it is:\n{said.getvalue()}"
        return said.getvalue()

    def shell(self, block: Block, where: str) -> str:
        """Return what commands say; they find the `abate` of this environment first."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        plain = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "ABATE_ACTOR": "planner", "PATH": path}
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.body],
            cwd=self.folder,
            env=os.environ | plain,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert ran.returncode == block.exit_code, f"{where}: exit code {ran.returncode}\n{ran.stdout}"
        return ran.stdout


def agrees(shown: str, said: str) -> bool:
    """Return whether what is shown is what was said, blanks aside; `...` stands for anything, also for whole lines."""
    pattern = ".*".join(re.escape(" ".join(part.split())) for part in shown.split("..."))
    pattern = pattern.replace(r"\ ", " ")
    plain = " ".join(said.split())
    return re.fullmatch(pattern.replace(".*", r" ?.*? ?"), plain, re.DOTALL) is not None
