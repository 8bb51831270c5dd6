"""The machine-readable description of an assignment: `handouts/<TRACK>/assignment.yaml`.

    assignment = load_assignment("handouts/VAE")
    assignment.layer("Enc-2").output_shape({"latent_dim": 10})    # (32, 16, 16)
    assignment.region("loss").points
    assignment.run.defaults["batch_size"]
    assignment.fid.threshold_for("lenet")

Handouts, checks, feedback, report notebook and summaries read it from here and nowhere else.
"""

from .base import LANGUAGES, Language, Text
from .fid import Calibration, FIDRules, Threshold
from .loader import all_assignments, find_assignment, load_assignment
from .losses import Latent, Loss
from .model import Assignment
from .networks import Initialisation, Layer, Network, ParameterCount, evaluate
from .regions import Check, Region
from .report import Question, Report
from .rules import Citing, Deliverable, LatePolicy, SizeLimits, Submission, Symptom
from .run import Curve, Flag, ImageGroup, Run
from .variants import variant_names

__all__ = [
    "LANGUAGES",
    "Assignment",
    "Calibration",
    "Check",
    "Citing",
    "Curve",
    "Deliverable",
    "FIDRules",
    "Flag",
    "ImageGroup",
    "Initialisation",
    "Language",
    "LatePolicy",
    "Latent",
    "Layer",
    "Loss",
    "Network",
    "ParameterCount",
    "Question",
    "Region",
    "Report",
    "Run",
    "SizeLimits",
    "Submission",
    "Symptom",
    "Text",
    "Threshold",
    "all_assignments",
    "evaluate",
    "find_assignment",
    "load_assignment",
    "variant_names",
]
