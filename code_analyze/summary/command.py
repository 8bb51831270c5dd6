"""The command line of analyze.py."""

from __future__ import annotations

import argparse
import contextlib
import os
import posixpath
import sys
from collections.abc import Sequence

from code_analyze.summary.limits import VERSION
from code_analyze.summary.lines import shown
from code_analyze.summary.share import ReferenceLines, own_shares, read_references, verdict_text
from code_analyze.summary.source import read_source
from code_analyze.summary.tree import TreeAnalysis, analyze_tree
from code_analyze.summary.verifying import verify_summary
from code_analyze.summary.writing import summarize

PACKAGE = os.path.dirname(os.path.realpath(__file__))
HERE = os.path.dirname(PACKAGE)  # the folder of analyze.py, which all paths are relative to
CACHE = os.path.join(
    PACKAGE, "__pycache__"
)  # written by Python, also where the student's code holds this program


class UsageError(Exception):
    """Something to say to whoever typed the command."""


def _label(path: str) -> str:
    """A folder as the summary names it."""
    return shown(posixpath.normpath(path.replace(os.sep, "/")))


def _folder(path: str, option: str, what: str) -> str:
    full = os.path.join(HERE, path)
    if not os.path.isdir(full):
        raise UsageError(
            f"no folder {os.path.normpath(full)}, expected {what}; type {option} FOLDER (relative to {HERE})"
        )
    return full


def _write(path: str, text: str) -> None:
    """All or nothing."""
    part = f"{path}.{os.getpid()}.part"
    try:
        with open(part, "wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(part)
        place = os.path.normpath(path)
        raise UsageError(
            f"can't write {place} ({error.strerror}); type --output_file FILE to write elsewhere"
        ) from None


def _say(text: str, error: bool = False) -> None:
    stream = sys.stderr if error else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _report(tree: TreeAnalysis, output: str, references: ReferenceLines | None) -> None:
    regions = [(file, region) for file in tree.files for region in file.regions]
    filled = sum(region.filled for _, region in regions)
    cited = tree.references
    good = sum(one.kind != "malformed" for one in cited)
    _say(f"{os.path.normpath(output)}: {filled} of {len(regions)} TODO regions filled in, {good} references")
    if not tree.files:
        _say("note: none of the starter's files is there; is --target_dir the folder that holds VAE and GAN?")
    for path, note in tree.missing[:10]:
        _say("note: missing {}{}".format(shown(path), f" ({note})" if note else ""))
    for file in tree.files:
        for note in file.notes:
            _say(f"note: {shown(file.path)} {shown(note)}")
    for one in cited:
        if one.kind == "malformed":
            _say("note: " + shown(one.text))
    if references is not None:
        for note in references.notes[:10]:
            _say("note: " + shown(note))
        total, _ = own_shares(tree, references)
        _say("own share: " + verdict_text(total))


def _run(options: argparse.Namespace) -> int:
    origin = _folder(options.origin_dir, "--origin_dir", "the starter that came with this program")
    target = _folder(options.target_dir, "--target_dir", "the folder with your code")
    references = None
    if options.reference_dir is not None:
        what = "a folder with the files of the references"
        references = read_references(_folder(options.reference_dir, "--reference_dir", what))
    output = os.path.join(HERE, options.output_file)
    if options.verify is None:
        tree = analyze_tree(origin, target, ignore=[output, CACHE])
        _write(output, summarize(tree, _label(options.origin_dir), _label(options.target_dir), references))
        _report(tree, output, references)
        return 0
    summary = os.path.join(HERE, options.verify or options.output_file)
    if not os.path.exists(summary) and options.verify and os.path.exists(options.verify):
        summary = os.path.abspath(options.verify)
    source = read_source(summary, room=50)  # it holds all files
    if not os.path.exists(summary):
        raise UsageError(
            f"there is no {os.path.normpath(summary)}; type --verify FILE for another one, or leave --verify "
            "out to write it"
        )
    if source.status != "text":
        raise UsageError(f"{os.path.normpath(summary)} {source.oddities[0]}; type --verify FILE")
    tree = analyze_tree(origin, target, ignore=[output, summary, CACHE])
    findings = verify_summary("\n".join(source.lines) + "\n", tree, references)
    for finding in findings:
        _say(f"{finding.kind}: {finding.message}")
    verdict = (
        "does not fit the code; analyze.py without --verify makes it again" if findings else "fits the code"
    )
    _say(f"{os.path.normpath(summary)} {verdict}")
    return 1 if findings else 0


def _place(error: Exception) -> str:
    """The last line of this program that an error came through."""
    place, trace = "an unknown line", error.__traceback__
    while trace is not None:
        path = os.path.realpath(trace.tb_frame.f_code.co_filename)
        if os.path.dirname(path) == PACKAGE:
            place = f"line {trace.tb_lineno} of summary/{os.path.basename(path)}"
        trace = trace.tb_next
    return place


def main(arguments: Sequence[str] | None = None) -> int:
    """0: written, or the summary fits; 1: the summary does not fit; 2: something to correct."""
    parser = argparse.ArgumentParser(
        description="Compares codes/ with the starter and writes summary.txt. All paths are relative to "
        "the folder of this program.",
        epilog="Exit status: 0 written, or the summary fits; 1 it does not fit; 2 something to correct.",
    )
    parser.add_argument("--target_dir", default="../codes", help="your code (default: %(default)s)")
    parser.add_argument("--origin_dir", default="_codes", help="the starter (default: %(default)s)")
    parser.add_argument("--output_file", default="summary.txt", help="what is written (default: %(default)s)")
    parser.add_argument("--reference_dir", help="files of declared references, to measure your own share")
    parser.add_argument(
        "--verify", nargs="?", const="", metavar="SUMMARY", help="check a summary, write nothing"
    )
    parser.add_argument("--version", action="version", version="analyze.py " + VERSION)
    options = parser.parse_args(arguments)
    try:
        status = _run(options)
        sys.stdout.flush()
        return status
    except UsageError as error:
        _say(f"error: {error}", error=True)
        return 2
    except KeyboardInterrupt:
        _say("interrupted; nothing was written", error=True)
        return 130
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # a student must not be left with a traceback
        _say(
            f"error: analyze.py {VERSION} failed in {_place(error)} ({type(error).__name__}); nothing was "
            "written. This is a fault of the program, not of your code: please send this line to the TAs.",
            error=True,
        )
        return 2
