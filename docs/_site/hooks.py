"""What mkdocs does besides: pages that are made from the code as it stands, notebooks, and formulas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from formulas import set_formulas
from mathematics import mathematics_page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from notebooks import notebook_page

import abate_models
from abate_data.dictionary import tables_page


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are generated; `tables.md` stands in the repository too, and is made anew."""
    put(files, config, "mathematics.md", mathematics_page(Path(abate_models.__path__[0])))
    put(files, config, "tables.md", tables_page())
    for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
        page, pictures = notebook_page(Path(file.abs_src_path or ""))
        put(files, config, file.src_uri.replace(".ipynb", ".md"), page)
        for name, picture in pictures.items():
            put(files, config, f"{Path(file.src_uri).parent.as_posix()}/{name}", picture)
    return files


def put(files: Files, config: MkDocsConfig, uri: str, content: str | bytes) -> None:
    """Add a file to the site, in place of one of the same name."""
    standing = files.get_file_from_path(uri)
    if standing is not None:
        files.remove(standing)
    files.append(File.generated(config, uri, content=content))


def on_page_content(html: str, **_: Any) -> str:
    """Set the formulas of a page."""
    return set_formulas(html)
