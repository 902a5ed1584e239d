"""From docstrings as they are written here to the Markdown that the site renders."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: A formula in a line, and the head of formulas in a block.
_INLINE = re.compile(r":math:`([^`]*)`")
_DIRECTIVE = ".. math::"
#: Sections of a numpy docstring whose entries are written ``name : what it is``.
_NAMED = ("Parameters", "Attributes")
_ENTRY = re.compile(
    r"^(?P<names>\S[^\n]*?) : (?P<first>[^\n]*)\n?(?P<more>(?:^(?: +[^\n]*)?\n)*?)(?=^\S|\Z)", re.MULTILINE
)
_SECTION = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)


def with_formulas(text: str) -> str:
    r"""Return a docstring with its formulas as Markdown takes them: ``\(...\)`` in a line, ``\[...\]`` in a block.

    >>> with_formulas("with :math:`x` in\n\n.. math:: x \\le 1\n\nthe end")
    'with \\(x\\) in\n\n\\[x \\le 1\\]\n\nthe end'
    """
    text = _INLINE.sub(r"\\(\1\\)", text).replace("``", "`")
    lines: list[str] = []
    block: list[str] | None = None
    for line in text.split("\n"):
        if line.strip().startswith(_DIRECTIVE):
            block = [line.strip().removeprefix(_DIRECTIVE)]
        elif block is not None and (not line.strip() or line.startswith(" ")):
            block.append(line.strip())
        else:
            if block is not None:
                lines += _displayed(block)
                block = None
            lines.append(line)
    return "\n".join(lines + (_displayed(block) if block is not None else [])).rstrip()


def _displayed(block: list[str]) -> list[str]:
    """Return the lines of a block; formulas are parted by blank lines."""
    formulas = [" ".join(part.split("\n")).strip() for part in "\n".join(block).split("\n\n")]
    return [line for formula in formulas if formula for line in (rf"\[{formula}\]", "")]


def with_definitions(text: str) -> str:
    r"""Return the definition lists of a docstring (a term, what it says indented below) as Markdown writes them.

    >>> print(with_definitions("cost\n    what it costs"))
    cost
    :   what it costs
    """
    lines = text.split("\n")
    for at in range(1, len(lines)):
        above = lines[at - 1]
        if lines[at].startswith("    ") and above.strip() and not above.startswith((" ", ":", "-")):
            lines[at] = ":   " + lines[at].lstrip()
            if at > 1 and lines[at - 2].strip():
                lines[at - 1] = "\n" + above
    return "\n".join(lines)


def for_reference(text: str, places: Mapping[str, str]) -> str:
    """Return a public docstring as the reference reads it.

    Entries are written ``name : what it is`` in one line, so that types stand in the signature only; the reference
    takes what follows the colon for a type, and the description from the lines below.

    Parameters
    ----------
    places : where each public name stands in the reference.
    """
    head, *parts = _SECTION.split(with_formulas(text))
    done = [_linked(head, places)]
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        done.append(f"{title}\n{'-' * len(title)}\n" + _section(title, body, places).strip("\n"))
    return "\n\n".join(part.rstrip() for part in done)


def _section(title: str, body: str, places: Mapping[str, str]) -> str:
    if title == "Examples":
        return body
    if title in _NAMED:
        body = _entries(title, body)
    elif title == "Returns":
        body = _returned(body)
    return _linked(body, places)


def _entries(title: str, body: str) -> str:
    return _ENTRY.sub(lambda found: "\n".join(_entry(title, found)) + "\n", body)


def _entry(title: str, found: re.Match[str]) -> list[str]:
    """Return an entry with its description below its name; attributes that share one get it each."""
    text = f"    {found['first']}\n{found['more']}".rstrip("\n")
    names = found["names"].split(", ") if title == "Attributes" else [found["names"]]
    return [f"{name}\n{text}" for name in names]


def _returned(body: str) -> str:
    """Return what is returned as a description below its type, or below a blank name where only text stands there."""
    first, _, rest = body.strip("\n").partition("\n")
    if rest.startswith("    ") or not first:
        return body
    return "\n".join(["_", *(f"    {line}" for line in body.strip("\n").split("\n"))])


def _linked(text: str, places: Mapping[str, str]) -> str:
    """Return a text whose public names lead to their place in the reference."""

    def link(found: re.Match[str]) -> str:
        name = found.group(1)
        return f"[`{name}`][{places[name]}]" if name in places else found.group(0)

    return re.sub(r"(?<!`)`(abate\.[\w.]+)`(?!`)", link, text)
