"""Notebooks as pages of the site; and, as a command, run anew: `python docs/_site/notebooks.py`."""

from __future__ import annotations

import base64
import logging
import re
from pathlib import Path

import nbclient
import nbformat

FOLDER = Path(__file__).parents[1] / "notebooks"
logger = logging.getLogger(__name__)


def notebook_page(file: Path) -> tuple[str, dict[str, bytes]]:
    """Return a notebook as Markdown with the outputs that are stored in it, and its pictures by name."""
    notebook = nbformat.read(file, as_version=4)
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    for cell in notebook.cells:
        parts.append(cell.source if cell.cell_type == "markdown" else f"```python\n{cell.source}\n```")
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                name = f"{file.stem}-{len(pictures) + 1}.png"
                pictures[name] = base64.b64decode(data["image/png"])
                parts.append(f"![Figure {len(pictures)}]({name})")
            elif "text/html" in data:
                parts.append(_plain_table(data["text/html"]))
            else:
                parts.append(f"```text\n{(data.get('text/plain') or output.get('text', '')).rstrip()}\n```")
    parts.append(f"[This page as a notebook]({file.name})")
    return "\n\n".join(parts) + "\n", pictures


def _plain_table(html: str) -> str:
    """Return a table of pandas without its own style, so that it looks like the tables of the site."""
    return re.sub(r"<style.*?</style>|\n\s*", "", html, flags=re.DOTALL).replace(' border="1" class="dataframe"', "")


def executed(file: Path) -> nbformat.NotebookNode:
    """Return a notebook with the outputs of a fresh run in its folder.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        Where a cell fails.
    """
    notebook = nbformat.read(file, as_version=4)
    return nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()


def main() -> None:
    """Run every notebook and store its outputs."""
    for file in sorted(FOLDER.glob("*.ipynb")):
        notebook = executed(file)
        notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        for cell in notebook.cells:
            cell.metadata = {}
        nbformat.write(notebook, file)
        logger.info("written: %s", file.name)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main()
