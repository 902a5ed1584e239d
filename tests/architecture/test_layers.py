"""What may know what, and how large things may grow."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"abate_data": ROOT / "data", "abate_models": ROOT / "models", "abate": ROOT / "optimizer"}
MODULES = sorted(file for name, root in PACKAGES.items() for file in (root / name).rglob("*.py"))

#: Library -> the only modules that may import it.
KEEPERS = {
    "highspy": {"optimizer/abate/solver.py"},
    "pymoo": {"optimizer/abate/front/searched/search.py"},
    "typer": {"optimizer/abate/cli"},
    "rich": {"optimizer/abate/cli"},
    "starlette": {"optimizer/abate/serve"},
    "uvicorn": {"optimizer/abate/serve"},
    "altair": {"optimizer/abate/report"},
}
MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 50


def place(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def imports(file: Path) -> set[str]:
    """Return the top-level names that a module imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_layers_hold():
    # a process of its own: the linter switches the loggers of everything that is imported off
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    ran = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "4 kept, 0 broken" in ran.stdout


def test_every_package_is_looked_at():
    assert {file.parts[len(ROOT.parts) + 1] for file in MODULES} == PACKAGES.keys()
    assert len(MODULES) > 50


@pytest.mark.parametrize("library", KEEPERS)
def test_only_its_keeper_knows_a_library(library):
    users = {place(file) for file in MODULES if library in imports(file)}
    strangers = {user for user in users if not any(user.startswith(keeper) for keeper in KEEPERS[library])}
    assert not strangers


@pytest.mark.parametrize("file", MODULES, ids=place)
def test_a_module_is_small_and_silent(file):
    text = file.read_text("utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = body_lines(node)
            assert length <= MOST_LINES_OF_A_FUNCTION, f"{node.name} has {length} lines"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"prints in line {node.lineno}"


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function's body has without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0
