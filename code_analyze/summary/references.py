"""The sources and persons that a student names."""

from __future__ import annotations

import re
from typing import NamedTuple

from code_analyze.summary.limits import MAX_SHOWN


class Reference(NamedTuple):
    """A source or a person that the student names. `kind` is "url", "person" or "malformed"."""

    kind: str
    text: str  # as it is listed
    key: str  # equal for two spellings of the same reference
    line: int


HOW_TO_CITE = '"# Reference: https://..." or "# Reference: Name: ... Student ID: ..."'

_REFERENCE = re.compile(r"#\s*references?\s*[:：]\s*(.*)$", re.IGNORECASE)
_UNCOMMENTED = re.compile(r"^[\s\"']*references?\s*[:：]", re.IGNORECASE)
_URL = r"https?\s*[:：]\s*//[^\s,;，；、]+"
_ID = r"student\s*[-_]?\s*(?:id|no\.?|number)"
_PERSON = rf"name\s*[:：]\s*(?P<name>\S.{{0,100}}?)[\s,;，；]{{0,9}}{_ID}\s*[:：]\s*(?P<id>[^\s,;，；]+)"
_CITED = re.compile(f"(?P<url>{_URL})|{_PERSON}", re.IGNORECASE)
_BARE_URL = re.compile(
    r"\b(?:https?\s*[:：]\s*//|www\.)\S+|\b(?:github|gitee|gitlab|arxiv|kaggle)\.\w+/\S+", re.IGNORECASE
)
_ALMOST = re.compile(
    r"#+\s*(?:ref(?:s|er|erence|erences|rence|errence|ference|erance|erense)?\b\.?|reffer\w*|referr?e\w*"
    r"|cited?\b|citation|credits?\b|sources?\b|参考\w{0,2}|引用\w{0,2}|来源)"
    r"\s*(?P<colon>[:：=\-]*)\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_STUDENT = re.compile(r"student\s*[-_]?\s*(?:id|no|number)|学号", re.IGNORECASE)


# What the handouts show, today's and those with x's and dots of former years.
_EXAMPLE = re.compile(
    r"https?://(?:[\w.\-]+/)?(?:(?:x{3,}(?!x)|\.{3}|…)/?)+\W*$|https?://github\.com/name/repository\W*$"
    r"|name .* id (?:\d*x{3,}|\d*\*{3,}|\.{3}|…|20\d\d0{6}$)",
    re.IGNORECASE,
)


def _cited(number: int, rest: str) -> list[Reference]:
    """The addresses and persons in the text behind "Reference:", without examples."""
    references = []
    found = list(_CITED.finditer(rest))
    for one in found:
        if one.group("url"):
            url = re.sub(r"\s*[:：]\s*//", "://", one.group("url"), count=1)
            text = url if len(found) > 1 or one.start() else url + rest[one.end() :]
            key = re.sub(r"^https?://(www\.)?", "", url.lower()).rstrip("/.)")
            if not _EXAMPLE.match(url):
                references.append(Reference("url", text, key, number))
        else:
            name, identity = one.group("name").strip(), one.group("id")
            if not _EXAMPLE.match(f"name {name} id {identity}"):
                text = f"Name: {name} Student ID: {identity}"
                references.append(Reference("person", text, "id " + identity.lower(), number))
    return references


def parse_references(number: int, line: str) -> list[Reference]:
    """The references that one line declares; malformed ones say how to write them."""
    line = " ".join(line[:MAX_SHOWN].split())  # all that follows is quick in short lines only
    hash_at = line.find("#")
    if hash_at < 0:  # in a docstring
        if not _UNCOMMENTED.match(line) or not (_BARE_URL.search(line) or _STUDENT.search(line)):
            return []
        comment = line.strip().strip("\"'")
        return [_malformed(number, comment, comment.partition(":")[2])]
    exact = _REFERENCE.search(line, hash_at)
    if exact:
        rest = exact.group(1)
        if "e.g." in rest:
            return []
        return _cited(number, rest) if _CITED.search(rest) else [_malformed(number, line[hash_at:], rest)]
    comment = line[hash_at:]
    almost = _ALMOST.match(comment)
    rest = almost.group("rest") if almost else comment.lstrip("# ")
    cites = bool(
        _BARE_URL.search(rest) or (_STUDENT.search(rest) and re.search(r"name|姓名", rest, re.IGNORECASE))
    )
    spelled = almost is not None and bool(almost.group("colon"))
    if not cites and not (spelled and re.match(r"#+\s*ref", comment, re.IGNORECASE)):
        return []
    if _CITED.search(rest) and not _cited(number, rest):
        return []  # the example, misspelled
    return [_malformed(number, comment, rest)]


def _malformed(number: int, comment: str, rest: str) -> Reference:
    """A reference that can't be read, with the line to write instead."""
    url = _BARE_URL.search(rest)
    person = re.search(
        rf"(?:name|姓名)\s*[:：]?\s*(?P<name>\S.{{0,100}}?)[\s,;，；]{{0,9}}(?:{_ID}|学号)\s*[:：]?\s*(?P<id>\w+)",
        rest,
        re.IGNORECASE,
    )
    if url:
        link = re.sub(r"^https?\s*[:：]\s*//", "https://", url.group(), flags=re.IGNORECASE)
        advice = '"# Reference: %s"' % (link if link.startswith("https://") else "https://" + link)
    elif person:
        advice = '"# Reference: Name: {} Student ID: {}"'.format(person.group("name"), person.group("id"))
    else:
        advice = HOW_TO_CITE
    return Reference("malformed", f"malformed: {comment}  (write {advice})", "bad " + comment, number)
