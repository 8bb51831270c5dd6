"""An assignment as a whole, and what its sections must agree on."""

from __future__ import annotations

from pydantic import AwareDatetime, Field, model_validator

from .agreement import check_agreement
from .base import Part, Text
from .fid import FIDRules
from .losses import Latent, Loss
from .networks import Initialisation, Layer, Network, ParameterCount
from .regions import Check, Region
from .report import Question, Report
from .rules import Citing, LatePolicy, Submission, Symptom
from .run import Run


class Assignment(Part):
    """`handouts/<TRACK>/assignment.yaml` of one year: the only place where these facts stand."""

    schema_version: int = Field(ge=1, le=1)
    track: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9]*$")
    year: int = Field(ge=2000, le=2999)
    title: Text
    course: Text
    deadline: AwareDatetime
    files: list[str] = Field(min_length=1)  # files of the track, in reading order
    code_points: float = Field(gt=0)
    report_points: float = Field(gt=0)
    networks: list[Network] = Field(min_length=1)
    parameters: list[ParameterCount] = []
    initialisation: Initialisation | None = None
    latent: Latent | None = None
    image_range: list[float] = Field(min_length=2, max_length=2)  # of the images that the networks see
    losses: list[Loss] = Field(min_length=1)
    regions: list[Region] = Field(min_length=1)
    run: Run
    fid: FIDRules
    report: Report
    submission: Submission
    late: LatePolicy
    citing: Citing
    symptoms: list[Symptom] = []

    @model_validator(mode="after")
    def _sections_agree(self) -> Assignment:
        check_agreement(self)
        return self

    @property
    def total_points(self) -> float:
        """Points without bonus."""
        return self.code_points + self.report_points

    @property
    def checks(self) -> dict[str, tuple[Region, Check]]:
        """Check id -> region and check."""
        return {check.id: (region, check) for region in self.regions for check in region.checks}

    def region(self, region_id: str) -> Region:
        """The region of that id. Raises KeyError if there is none."""
        return {region.id: region for region in self.regions}[region_id]

    def network(self, network_id: str) -> Network:
        """The network of that id. Raises KeyError if there is none."""
        return {network.id: network for network in self.networks}[network_id]

    def layer(self, layer_id: str) -> Layer:
        """The layer of that id, from any network. Raises KeyError if there is none."""
        return {layer.id: layer for network in self.networks for layer in network.layers}[layer_id]

    def question(self, question_id: str) -> Question:
        """The report question of that id. Raises KeyError if there is none."""
        return {question.id: question for question in self.report.questions}[question_id]

    def symptom(self, symptom_id: str) -> Symptom:
        """The symptom of that id. Raises KeyError if there is none."""
        return {symptom.id: symptom for symptom in self.symptoms}[symptom_id]
