"""Why a pair is where it is, in words, and what was declared about it."""

from __future__ import annotations

from code_analyze.similarity.declared import persons, same_sources, sources
from code_analyze.similarity.findings import CANNOT_TELL, OUTLIER, STRONG, Pair, Result
from code_analyze.similarity.fingerprints import FLOW, TOKENS, Print
from code_analyze.similarity.passages import RARE

MANNERS_TOLD = 4
TOLD_OF_A_MIX = 1.0  # evidence that a look at a second source adds


def declared_by_either(one: Print, other: Print) -> list[str]:
    """What either declared that has to do with the other: the person, or the same source."""
    found = []
    for mine, theirs in ((one.code, other.code), (other.code, one.code)):
        for reference in persons(mine, theirs.submission):
            found.append(f"{mine.submission.name} declares: {reference.text.strip()}")
    found += [f"both declare: {same.text.strip()}" for same in same_sources(one.code, other.code)]
    if other.code.submission.role == "reference":
        for reference in sources(one.code, other.code.submission):
            found.append(f"{one.code.submission.name} declares: {reference.text.strip()}")
    return list(dict.fromkeys(found))  # who cites a source in several regions does so once


def _same_forms(pair: Pair, result: Result, channel: str) -> dict[str, int]:
    """The regions of which two have the same form, with how many others have it."""
    found = {part: result.scores.forms[part, channel].others(pair.a, pair.b) for part in pair.parts}
    return {part: count for part, count in found.items() if count is not None}


def _same_as_a_whole(pair: Pair, result: Result, others: int) -> list[str]:
    """In how many regions two compute the same, and where that is rare."""
    same = _same_forms(pair, result, FLOW)
    if not same:
        return []
    rarest = sorted((count, part) for part, count in same.items() if count <= RARE * others)[:3]
    where = ", ".join(f"in {part} {count} of {others} others do" for count, part in rarest)
    told = f"Whatever the spelling, they compute the same in {len(same)} of {len(pair.parts)} regions"
    return [told + (f"; {where}." if where else ", in each of which much of the class does.")]


def _same_words(pair: Pair, result: Result, others: int) -> list[str]:
    """Which regions are the same word for word, where that is rare."""
    same = _same_forms(pair, result, TOKENS)
    rare = sorted(part for part, count in same.items() if count <= RARE * others)
    return [f"The same word for word, own names aside: {', '.join(rare)}."] if rare else []


def _same_manners(pair: Pair, result: Result, others: int) -> list[str]:
    """The habits of writing that two share and few others have, the rarest first, with the regions."""
    places: dict[tuple[int, str], list[str]] = {}
    for part in sorted(pair.parts):
        for count, name in result.scores.manners[part].shared(pair.a, pair.b):
            if count <= RARE * others:
                places.setdefault((count, name), []).append(part)
    told = [
        f"{name} ({', '.join(parts)}; {count} of {others} others)"
        for (count, name), parts in sorted(places.items())[:MANNERS_TOLD]
    ]
    return ["Both write in a manner that few have: " + "; ".join(told) + "."] if told else []


def _cited_by_one(pair: Pair, result: Result) -> list[str]:
    """Addresses that one of two students cites: the other may have worked from the same source."""
    one, other = (result.prints[index].code for index in (pair.a, pair.b))
    if "reference" in (one.submission.role, other.submission.role):
        return []
    found = []
    for code in (one, other):
        cited = {each.key: each.text.strip() for each in code.references if each.kind == "url"}
        if cited:
            addresses = ", ".join(cited[key] for key in sorted(cited))
            found.append(
                f"{code.submission.name} cites {addresses}. If the other may have worked from it too, "
                "give its code to --references and run again."
            )
    return found


def _from_public_sources(pair: Pair) -> list[str]:
    """Which regions of the two are like a public source, and therefore hardly count."""
    parts: dict[str, list[str]] = {}
    for part, name in sorted(pair.public.items()):
        parts.setdefault(name, []).append(part)
    return [
        f"Most of what they share in {', '.join(where)} stands in the public source {name} as well, "
        "and hardly counts."
        for name, where in sorted(parts.items())
    ]


def reasons_of(pair: Pair, result: Result) -> list[str]:
    """Why a pair is where it is, in sentences."""
    others = max(result.scores.population - 2, 0)
    reasons = []
    strong = [
        f"{part} ({value:.1f})"
        for part, value in sorted(pair.parts.items(), key=lambda p: (-p[1], p[0]))
        if value > STRONG
    ]
    if strong:
        reasons.append("Most of the evidence is in " + ", ".join(strong[:5]) + ".")
    reasons += _from_public_sources(pair)
    reasons += _same_as_a_whole(pair, result, others)
    reasons += _same_words(pair, result, others)
    reasons += _same_manners(pair, result, others)
    if pair.score - float(result.scores.alone[pair.a, pair.b]) > TOLD_OF_A_MIX:
        reasons.append(
            "Where the two differ, another one is like one of them: see whether it is mixed of two sources."
        )
    alone = [b for b in pair.blocks if b.others == 0]
    if alone:
        reasons.append(f"{len(alone)} shared passages that none of the {others} others have.")
    odd = [b for b in alone if not b.in_reference and b.channel == "canonical" and b.part not in pair.public]
    if odd:
        places = ", ".join(f"{b.part} line {b.lines_a[0]}/{b.lines_b[0]}" for b in odd[:4])
        reasons.append(
            f"Unusual in substance, not only in spelling: {places}. "
            "See whether it is a mistake that both share."
        )
    if pair.kind == CANNOT_TELL:
        reasons.append(
            "Cannot tell: the two do the same nearly everywhere, and what they share is common in the class, "
            "so it says nothing about copying."
        )
    elif (
        pair.kind == OUTLIER and pair.expected_false is not None and pair.b not in result.scores.public.files
    ):
        line = result.canonical.line
        by_words = line is not None and pair.score < line
        channel = " (near-verbatim, by which alone it is an outlier)" if by_words else ""
        reasons.append(
            f"Honest pairs this high expected in a class like this one: {pair.expected_false:.2g}{channel}."
        )
    if not pair.blocks and pair.kind != CANNOT_TELL:
        reasons.append(f"Nothing that they share is rarer than one in {round(1 / RARE)} of the class.")
    if pair.kind == OUTLIER and not pair.declared:
        reasons += _cited_by_one(pair, result)
    if pair.declared:
        reasons.append("Declared: see below. What was declared is not an accusation.")
    return reasons
