"""Adding up: late policy, manual marks, bonus cap, unknown points; and the files they come from."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from results_tools import ASSIGNMENTS, all_passed

from grader.late import late_for
from grader.manual import read_manual
from grader.results import FIDScore, TrackResult
from grader.roster import read_roster, read_times
from grader.totals import ManualMarks, mark_track
from hwlib.assignment import Assignment
from hwlib.errors import HomeworkError

VAE = ASSIGNMENTS["VAE"]


def with_policy(**policy: object) -> Assignment:
    base = {
        "grace_minutes": 30,
        "penalty_percent_per_day": 10,
        "max_penalty_percent": 50,
        "closes_after_days": 14,
        "extensions": {"7": VAE.deadline + timedelta(days=3)},
    }
    return VAE.model_copy(update={"late": VAE.late.model_copy(update={**base, **policy})})


@pytest.mark.parametrize(
    ("after", "days", "penalty", "refused"),
    [
        (timedelta(days=-1), 0, 0.0, False),
        (timedelta(0), 0, 0.0, False),
        (timedelta(minutes=30), 0, 0.0, False),
        (timedelta(minutes=31), 1, 0.1, False),
        (timedelta(hours=24), 1, 0.1, False),
        (timedelta(hours=24, seconds=1), 2, 0.2, False),
        (timedelta(days=9), 9, 0.5, False),
        (timedelta(days=14), 14, 0.5, False),
        (timedelta(days=14, seconds=1), 15, 0.5, True),
    ],
)
def test_late_policy(after: timedelta, days: int, penalty: float, refused: bool) -> None:
    late = late_for(with_policy(), "1", VAE.deadline + after)
    assert late is not None
    assert (late.days_late, late.penalty, late.refused) == (days, penalty, refused)


def test_extension_moves_one_students_deadline() -> None:
    submitted = VAE.deadline + timedelta(days=2)
    theirs, others = late_for(with_policy(), "7", submitted), late_for(with_policy(), "8", submitted)
    assert theirs is not None
    assert others is not None
    assert (theirs.days_late, theirs.extension_days) == (0, 3.0)
    assert others.days_late == 2


def test_time_without_zone_is_local_to_the_deadline_and_no_time_is_no_policy() -> None:
    local = (VAE.deadline + timedelta(hours=2)).replace(tzinfo=None)
    late = late_for(with_policy(), "1", local)
    assert late is not None
    assert late.days_late == 1
    assert late_for(with_policy(), "1", None) is None


def test_full_marks_wait_for_the_report() -> None:
    mark = mark_track(VAE, all_passed("1").tracks["VAE"])
    assert (mark.code, mark.final, mark.maximum) == (60, 60, 100)
    assert set(mark.pending) == {question.id for question in VAE.report.required}


def test_penalty_is_a_share_of_what_was_reached() -> None:
    part = all_passed("1").tracks["VAE"]
    late = late_for(with_policy(), "1", VAE.deadline + timedelta(days=2))
    manual = ManualMarks(questions={question.id: question.points for question in VAE.report.required})
    mark = mark_track(VAE, part.model_copy(update={"late": late}), manual)
    assert (mark.raw, mark.penalty, mark.final, mark.pending) == (100, 0.2, 80, ())
    refused = late_for(with_policy(), "1", VAE.deadline + timedelta(days=20))
    assert mark_track(VAE, part.model_copy(update={"late": refused}), manual).final == 0


def test_only_the_best_optional_questions_count() -> None:
    optional = [question.id for question in VAE.report.optional]
    assert len(optional) > VAE.report.optional_cap == 2
    manual = ManualMarks(questions={optional[0]: 3, optional[1]: 5, optional[2]: 4}, extra_credit=1)
    assert mark_track(VAE, all_passed("1").tracks["VAE"], manual).bonus == 10


def test_manual_marks_win_and_can_settle_a_grader_error() -> None:
    broken = all_passed("1", error="VAE/loss_values").tracks["VAE"]
    assert mark_track(VAE, broken).final is None
    assert mark_track(VAE, broken).state == "ungraded"
    settled = mark_track(VAE, broken, ManualMarks(regions={"loss": 13}))
    assert (settled.state, settled.code) == ("graded", 59)


def test_missing_is_not_zero() -> None:
    for part in (None, TrackResult(track="VAE", missing=True)):
        mark = mark_track(VAE, part)
        assert (mark.state, mark.code, mark.final) == ("missing", None, None)
    assert mark_track(VAE, None, refused=True).state == "refused"


def test_fid_question_is_filled_in_and_the_ta_wins() -> None:
    part = all_passed("1").tracks["VAE"]
    good = FIDScore(fid=30, threshold=40, network="lenet")
    question = VAE.question("fid")

    def points(score: FIDScore, manual: ManualMarks | None = None) -> float | None:
        return mark_track(VAE, part.model_copy(update={"fid": score}), manual).questions["fid"][0]

    assert points(good) == question.points
    assert points(good.model_copy(update={"fid": 41.0})) == 0
    assert points(good.model_copy(update={"memorised": True})) == 0
    assert points(good, ManualMarks(questions={"fid": 4.5})) == 4.5


def test_checks_left_out_are_named() -> None:
    part = all_passed("1").tracks["VAE"]
    fewer = part.model_copy(
        update={"checks": tuple(check for check in part.checks if "quick_run" not in check.id)}
    )
    mark = mark_track(VAE, fewer)
    assert mark.not_run == ("quick_run",)
    assert mark.code == 60 - VAE.checks["quick_run"][1].points


def test_manual_file(tmp_path: Path) -> None:
    assert read_manual(tmp_path, ASSIGNMENTS) == {}
    (tmp_path / "manual.yaml").write_text(
        "VAE:\n  regions: {loss: 12}\n  questions: {curves: 7.5}\n  extra_credit: 1\n"
        "  comments: [Good., {for: curves, text: 'No legend.'}]\n"
    )
    marks = read_manual(tmp_path, ASSIGNMENTS)["VAE"]
    assert marks == ManualMarks({"loss": 12}, {"curves": 7.5}, 1, (("", "Good."), ("curves", "No legend.")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("VAE: [", "is not YAML"),
        ("VAE: {marks: 3}", "VAE.marks"),
        ("WGAN: {}", "found the track 'WGAN', expected one of"),
        ("VAE: {regions: {losses: 3}}", "found the region 'losses', expected one of"),
        ("VAE: {questions: {curve: 3}}", "found the question 'curve', expected one of"),
        ("VAE: {regions: {loss: .nan}}", "VAE.regions.loss"),
        ("VAE: {regions: {loss: 75}}", "found 75 points for the region loss of VAE, expected 0 to 14"),
        ("VAE: {questions: {curves: -1}}", "found -1 points for the question curves"),
        ("[" * 100_000, "is not YAML"),
    ],
)
def test_manual_file_errors(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "manual.yaml").write_text(text)
    with pytest.raises(HomeworkError, match=message):
        read_manual(tmp_path, ASSIGNMENTS)


def test_marks_of_other_tracks_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "manual.yaml").write_text("{GAN: {extra_credit: 1}, VAE: {extra_credit: 2}}")
    marks = read_manual(tmp_path, {"VAE": ASSIGNMENTS["VAE"]})
    assert {track: part.extra_credit for track, part in marks.items()} == {"VAE": 2}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_roster_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes("学号,姓名,邮箱,班级\n2026000001,王伟,w@x.cn,一班\n".encode(encoding))
    person = read_roster(path)["2026000001"]
    assert (person.name, person.email, person.section) == ("王伟", "w@x.cn", "一班")


def test_roster_joins_first_and_last_name(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("Student ID;First name;Surname\n1;Ada;Lovelace\n")
    assert read_roster(path)["1"].name == "Ada Lovelace"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("name,email\nA,a@b\n", "expected one with the student number"),
        ("number,name\n1,A\n1,B\n", "line 3: the student number 1 occurs twice"),
        ("number,name\n,A\n", "line 2: no student number"),
        ("number,number\n1,2\n", "the column 'number' twice"),
    ],
)
def test_roster_errors(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(text)
    with pytest.raises(HomeworkError, match=message):
        read_roster(path)


def test_roster_that_is_no_text_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(HomeworkError, match="does not exist"):
        read_roster(tmp_path / "no.csv")
    (tmp_path / "binary.csv").write_bytes(b"\x80\x81\xff\xff\xff")
    with pytest.raises(HomeworkError, match="neither UTF-8 nor GBK"):
        read_roster(tmp_path / "binary.csv")


def test_times(tmp_path: Path) -> None:
    path = tmp_path / "times.csv"
    path.write_text(
        "number,time\n1,2026-12-20 23:10\n2,2026-12-20T23:10:00+08:00\n3,\n4,2026-12-20T15:10:00Z\n"
    )
    read = read_times(path)
    assert read["1"] == datetime(2026, 12, 20, 23, 10)
    assert read["2"] == read["4"]
    assert "3" not in read


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("number,when\n1,2026-12-20\n", "expected one called 'time'"),
        ("number,time\n1,yesterday\n", "'yesterday' is not a time"),
        ("number,time\n1,2026-12-20\n1,2026-12-21\n", "occurs twice"),
    ],
)
def test_times_errors(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "times.csv"
    path.write_text(text)
    with pytest.raises(HomeworkError, match=message):
        read_times(path)
