"""The sample cohort of `make demo` gets the marks that each of its members deserves."""

import pytest

from grader.demo import COHORT, main, make_cohort, version
from hwlib.errors import HomeworkError


def test_every_member_is_a_zip_named_after_its_number(tmp_path, capsys):
    main([str(tmp_path / "submissions")])
    assert f"{len(COHORT)} submissions in" in capsys.readouterr().out
    names = sorted(path.name for path in (tmp_path / "submissions").iterdir())
    assert names == [f"{member.number}.zip" for member in COHORT]


def test_a_variant_that_is_gone_is_named():
    with pytest.raises(HomeworkError, match="grader/mutants/VAE.yaml has no entry gone; bring"):
        version("VAE", ("mutants", "gone"))


@pytest.mark.slow
def test_the_marks_of_the_cohort(tmp_path):
    from grader.grade import grade_submission, walls
    from grader.options import GradeOptions

    make_cohort(tmp_path)
    marks = {}
    with walls():
        for member in COHORT:
            options = GradeOptions(run=False, secret=b"demo")
            result = grade_submission(tmp_path / f"{member.number}.zip", options)
            for track, graded in result.tracks.items():
                marks[member.number, track] = graded.points, graded.max_points
    full = {key for key, (points, most) in marks.items() if points == most}
    assert {(number, track) for number in ("2026000001", "2026000002") for track in ("VAE", "GAN")} <= full
    assert {("2026000004", "VAE"), ("2026000005", "VAE")} <= full
    assert not {("2026000003", "VAE"), ("2026000003", "GAN"), ("2026000004", "GAN")} & full
    assert marks["2026000006", "VAE"][0] == marks["2026000006", "GAN"][0] == 0
    assert marks["2026000007", "VAE"][0] < marks["2026000001", "VAE"][0] / 2
