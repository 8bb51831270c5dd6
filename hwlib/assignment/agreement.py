"""What the sections of an assignment must agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import duplicates, misplaced

if TYPE_CHECKING:
    from .model import Assignment


def check_agreement(assignment: Assignment) -> None:
    """Raises an error of pydantic's at the first two sections that contradict each other."""
    _ids_are_unique(assignment)
    _files_exist(assignment)
    _points_add_up(assignment)
    _fid_has_the_flags_defaults(assignment)
    _names_exist(assignment)


def _ids_are_unique(a: Assignment) -> None:
    for section, kind, names in (
        ("networks", "network", [network.id for network in a.networks]),
        ("networks", "layer", [layer.id for network in a.networks for layer in network.layers]),
        ("losses", "loss", [loss.id for loss in a.losses]),
        ("regions", "region", [region.id for region in a.regions]),
        ("regions", "region", [region.label for region in a.regions]),
        ("regions", "check", [check.id for region in a.regions for check in region.checks]),
        ("symptoms", "symptom", [symptom.id for symptom in a.symptoms]),
    ):
        if duplicates(names):
            raise misplaced((section,), f"found the {kind} {duplicates(names)[0]} twice, expected each once")


def _files_exist(a: Assignment) -> None:
    for section, files in (
        ("regions", [r.file for r in a.regions]),
        ("networks", [n.file for n in a.networks]),
    ):
        for index, file in enumerate(files):
            if file not in a.files:
                place = (section, index, "file")
                raise misplaced(place, f"found the file {file!r}, expected one of {', '.join(a.files)}")


def _points_add_up(a: Assignment) -> None:
    code, report = sum(region.points for region in a.regions), a.report.points
    for name, found, expected in (
        ("code_points", a.code_points, code),
        ("report_points", a.report_points, report),
    ):
        if abs(found - expected) > 1e-9:
            parts = "regions" if name == "code_points" else "required questions"
            raise misplaced((name,), f"found {found:g}, expected the sum over the {parts}, {expected:g}")


def _fid_has_the_flags_defaults(a: Assignment) -> None:
    for key, flag, value in (
        ("network", "fid_network", a.fid.network),
        ("num_images", "fid_images", a.fid.num_images),
    ):
        default = a.run.defaults.get(flag)
        if default != value:
            raise misplaced(
                ("fid", key), f"found {value!r}, expected {default!r}, the default of the flag {flag}"
            )


def _names_exist(a: Assignment) -> None:
    tags = [curve.tag for curve in a.run.curves] + [group.tag for group in a.run.images]
    regions = [region.id for region in a.regions]
    for index, question in enumerate(a.report.questions):
        for key, names, known in (("shows", question.shows, tags), ("regions", question.regions, regions)):
            for name in names:
                if name not in known:
                    place = ("report", "questions", index, key)
                    raise misplaced(place, f"found {name!r}, expected one of {', '.join(known)}")
    networks = [network.id for network in a.networks]
    for index, count in enumerate(a.parameters):
        for name in count.networks:
            if name not in networks:
                at = ("parameters", index, "networks")
                raise misplaced(at, f"found the network {name!r}, expected one of {', '.join(networks)}")
