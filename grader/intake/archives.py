"""Safe unpacking of zips, and copying of folders, into a folder of our own."""

from __future__ import annotations

import errno
import stat
import zipfile
from pathlib import Path

from grader.intake.names import decode_name
from grader.intake.refusals import METHODS, RefusedError, bomb, not_a_zip, unreadable_method
from grader.intake.writer import DAMAGE, MAX_ENTRIES, DamagedError, Unpacked, Writer, reading
from hwlib.files import walk


def unpack(archive: Path, target: Path) -> Unpacked:
    """Unpacks a zip into the empty folder `target`.

    Raises RefusedError for what is no zip, for encrypted and damaged ones, and for bombs.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            return _unpack(file, archive.name, target)
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # of the disk, not of the zip
        raise not_a_zip(archive, error) from None


def open_inner(root: Path, scratch: Path) -> tuple[str, Unpacked] | None:
    """Where all that was unpacked is one zip, its content takes its place: its name, and what came out.

    Once: a zip in that one stays closed. Raises as `unpack` does.
    """
    files = [path for path in root.rglob("*") if path.is_file()]
    if len(files) != 1 or files[0].suffix.lower() != ".zip":
        return None
    inner = scratch / "inner.zip"
    files[0].rename(inner)
    return files[0].name, unpack(inner, root)


def copy_folder(source: Path, target: Path) -> Unpacked:
    """Copies a folder's files into the empty folder `target`; links and special files are left out.

    Raises RefusedError for a folder that is too large.
    """
    result = Unpacked()
    writer = Writer(source.name, target, result)
    for folder, folders, names in walk(source):
        folders.sort()
        for name in list(folders):
            if Path(folder, name).is_symlink():
                folders.remove(name)
                result.links.append(Path(folder, name).relative_to(source).as_posix())
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(source).as_posix()
            if path.is_symlink() or not path.is_file():
                result.links.append(relative)
                continue
            with open(path, "rb") as stream:
                writer.add(relative, stream)
    return result


def _unpack(file: zipfile.ZipFile, name: str, target: Path) -> Unpacked:
    entries = file.infolist()
    result = Unpacked()
    if len(entries) > MAX_ENTRIES:
        raise bomb(name, f"{len(entries)} entries", f"{len(entries)} 个条目", str(MAX_ENTRIES))
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusedError(
            f"{name} is encrypted. Hand in a zip without a password.",
            f"{name} 已加密。请提交没有密码的 zip 文件。",
        )
    unknown = sorted({entry.compress_type for entry in entries} - METHODS.keys())
    if unknown:
        raise unreadable_method(name, unknown[0])
    writer = Writer(name, target, result)
    # Of two entries with one name the later counts, as it does when one unpacks by hand.
    latest = {entry.filename: entry for entry in entries}
    for entry in entries:
        entry_name, encoding = decode_name(entry.filename, entry.flag_bits)
        if encoding:
            result.recoded.append(entry_name)
        if latest[entry.filename] is not entry:
            result.clashes.append(entry_name)
            continue
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry_name.endswith(("/", "\\")):
            continue  # folders are made by the files in them
        if kind not in (0, stat.S_IFREG):
            result.links.append(entry_name)
            continue
        try:
            with reading():
                stream = file.open(entry)
            with stream:
                writer.add(entry_name, stream, entry.compress_size)
        except DamagedError:
            result.damaged.append(entry_name)
    return result
