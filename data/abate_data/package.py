"""The packed file of a workbook: opened where it is one and safe to read, else refused with the cure.

A workbook is a zip file that a stranger may have made. What it unpacks to is looked at before anything is unpacked, and
a file of another kind under its name is told by its first bytes.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from abate_data.errors import Finding, InputError

#: Bytes that a workbook may unpack to, and how many times its packed size where that is not little.
MAX_UNPACKED = 200_000_000
MAX_RATIO = 100
LITTLE = 10_000_000
#: What to do with a workbook that is too large.
LARGE = "delete what is not data, or use a folder of CSV files"

_SAVE = "open it in a spreadsheet program and save it as an Excel workbook (.xlsx)"
_OLE = b"\xd0\xcf\x11\xe0"
_PROTECTED = "EncryptedPackage".encode("utf-16-le")


def open_package(path: Path) -> zipfile.ZipFile:
    """Open the packed file of a workbook.

    Raises
    ------
    InputError
        Where it cannot be read, is no workbook, holds macros, is protected by a password, or would unpack to more than
        is safe.
    """
    try:
        size = path.stat().st_size
        if size > MAX_UNPACKED:
            raise _refused(path, f"the file has {size / 1e6:.0f} MB, more than is safe to read", LARGE)
        packed = zipfile.ZipFile(path)
    except InputError:
        raise
    except OSError as error:
        cure = "check that the file is there and may be read"
        raise _refused(path, f"cannot be read: {error.strerror}", cure) from error
    except Exception as error:  # whatever a broken file makes zipfile stumble over
        raise _refused(path, *_other_kind(path)) from error
    try:
        _refuse_parts(path, packed)
        unpacked = sum(member.file_size for member in packed.infolist())
        if unpacked > MAX_UNPACKED or unpacked > max(LITTLE, MAX_RATIO * size):
            problem = f"the workbook unpacks to {unpacked / 1e6:.0f} MB, more than is safe to read"
            raise _refused(path, problem, LARGE)
    except InputError:
        packed.close()
        raise
    return packed


def refused(path: Path, reason: str = "") -> InputError:
    """Return the error of a file that is packed like a workbook and cannot be read as one."""
    return _refused(path, f"is not a workbook{': ' if reason else ''}{reason}", _SAVE)


def _refused(path: Path, problem: str, cure: str) -> InputError:
    return InputError([Finding(path.name, problem, cure)])


def _refuse_parts(path: Path, packed: zipfile.ZipFile) -> None:
    """Raise InputError where the names of its parts say that the file is none that is read here."""
    names = {member.filename.casefold() for member in packed.infolist()}
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names):
        raise _refused(path, "the workbook holds macros, which are not read", "save it as .xlsx, which holds none")
    if "xl/workbook.bin" in names:
        raise refused(path, "it is in the binary format .xlsb")
    if "content.xml" in names:
        raise refused(path, "it is an OpenDocument file such as .ods")
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise _refused(path, "is not a workbook but another office document", "name the workbook of the case")


def _other_kind(path: Path) -> tuple[str, str]:
    """Return what a file is that is not packed as a workbook is, and the cure."""
    content = path.read_bytes()
    if content.startswith(_OLE):
        if _PROTECTED in content:
            cure = "take the password off (File, Info, Protect Workbook), and save it as .xlsx again"
            return "is not a workbook that can be opened: it is protected by a password", cure
        return "is not a workbook in the format .xlsx: it is in an old one such as .xls", _SAVE
    if content and b"\0" not in content:
        cure = f"{_SAVE}, or put CSV files into a folder with case.toml and name the folder"
        return "is not a workbook: it holds plain text, as CSV does", cure
    return "is not a workbook", _SAVE
