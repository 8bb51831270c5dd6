"""Check functions, their verdicts, and how they are run: without a sandbox, on the reference and small
changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.checks import inputs, reference, runner
from grader.checks.public_cases import differs
from grader.checks.submission import Submission, WrongError
from grader.variants import Change, Variant, load_variants, write_variant
from hwlib import check
from hwlib.assignment import Assignment, all_assignments, load_assignment
from hwlib.checking import public
from hwlib.checking.about import About
from hwlib.checking.cases import Case, dump_cases, load_cases, parse_cases
from hwlib.checking.compare import look
from hwlib.checking.judge import Bench
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.regions import find_spans, region_at
from hwlib.checking.session import StudentError, StudentLine, Todo
from hwlib.checking.steps import Reply, Step, ask_steps
from hwlib.checking.subprocess_transport import SubprocessTransport
from hwlib.checking.verdict import Outcome
from hwlib.checking.words import Words, as_is, say
from hwlib.errors import HomeworkError

ROOT = reference.ROOT
TRACKS = list(all_assignments(ROOT / "handouts"))
MISTAKE = Mistake("batch_of_one", say("a batch of one", "单个样本的批"), say("Keep it.", "保留批维度。"))


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return load_assignment(ROOT / "handouts" / "VAE")


@pytest.fixture(scope="module")
def submission(assignment: Assignment) -> Iterator[Submission]:
    folder = ROOT / "solutions" / "VAE"
    with Submission(assignment, folder, SubprocessTransport(), secret=b"s", student="1", timeout=120) as made:
        yield made


def named(assignment: Assignment, name: str) -> runner.CheckFunction:
    return next(check for check in runner.checks_of(assignment) if check.about.id == name)


# --- hidden inputs ----------------------------------------------------------------------------------------


def test_hidden_inputs_are_a_function_of_secret_student_track_and_check() -> None:
    def draw(*names: str, secret: bytes = b"s") -> float:
        return float(inputs.generator(secret, *names).random())

    first = draw("1", "VAE", "loss")
    assert draw("1", "VAE", "loss") == first
    others = [
        draw("2", "VAE", "loss"), draw("1", "GAN", "loss"), draw("1", "VAE", "los"), draw("1V", "AE", "loss"),
        draw("1", "VAE", "loss", secret=b"t"),
    ]  # fmt: skip
    assert first not in others


# --- check functions --------------------------------------------------------------------------------------


def test_a_passing_check_gives_its_points(submission: Submission, assignment: Assignment) -> None:
    result = runner.run_check(submission, named(assignment, "loss_values"))
    assert (result.outcome, result.points, result.region) == (Outcome.PASSED, 5.0, "loss")


def test_an_ordinary_function_is_a_check(submission: Submission, assignment: Assignment) -> None:
    @pytest.mark.points(2, region="loss", title="Losses are positive", visibility="public")
    def test_positive(submission: Submission) -> None:
        """Look at the sign.

        看看符号。
        """
        assert 1 + 1 == 3

    found = runner.described(assignment, test_positive)
    assert (found.about.points, found.about.title.en, found.about.hint) == (
        2.0,
        "Losses are positive",
        Words("Look at the sign.", "看看符号。"),
    )
    result = runner.run_check(submission, found)
    assert result.outcome is Outcome.WRONG
    assert "1 + 1" in result.expected + result.found  # pytest has rewritten the assert of this very file

    def test_said(submission: Submission) -> None:
        raise AssertionError("the loss is negative")

    said = runner.CheckFunction(found.about, test_said)
    assert runner.run_check(submission, said).found == "the loss is negative"


def test_a_fault_of_ours_is_a_grader_error_without_points(
    submission: Submission, assignment: Assignment
) -> None:
    def test_broken(submission: Submission) -> None:
        raise KeyError("ours")

    result = runner.run_check(submission, runner.CheckFunction(named(assignment, "scale").about, test_broken))
    assert result.outcome is Outcome.GRADER_ERROR
    assert result.points is None
    assert "KeyError" in result.private
    assert "KeyError" not in result.found


def test_only_what_was_asked_for_is_returned(submission: Submission, assignment: Assignment) -> None:
    ran: list[str] = []
    about = named(assignment, "scale").about

    def make(name: str, needs: tuple[str, ...], part: str = "") -> runner.CheckFunction:
        described = About(**{**about.__dict__, "id": name, "needs": needs})
        return runner.CheckFunction(described, lambda _: ran.append(name), part)

    checks = [make("a", ()), make("b", ("a",)), make("c", ()), make("d", (), "run")]
    assert [r.id for r in runner.run_checks(submission, checks, only=["VAE/b", "GAN/c"])] == ["VAE/b"]
    assert ran == ["a", "b"]
    assert [r.id for r in runner.run_checks(submission, checks, parts=("run",))][-1] == "VAE/d"


def test_a_check_that_nobody_describes_is_refused(assignment: Assignment) -> None:
    def test_unknown(submission: Submission) -> None: ...

    with pytest.raises(HomeworkError, match=r"no check 'unknown'.*pytest.mark.points"):
        runner.described(assignment, test_unknown)


def test_a_check_of_the_assignment_without_a_function_is_refused(
    assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_functions", lambda module: [])
    with pytest.raises(HomeworkError, match="has no function test_"):
        runner.checks_of(assignment)


# --- whose fault it is --------------------------------------------------------------------------------------


def bench_and_about(assignment: Assignment, check_id: str) -> tuple[Bench, About]:
    region, found = assignment.checks[check_id]
    return Bench(assignment, ROOT / "solutions" / "VAE"), About.of(
        assignment, found, region, needs=("scale",)
    )


def test_an_exception_belongs_to_the_region_it_comes_out_of(assignment: Assignment) -> None:
    bench, about = bench_and_about(assignment, "train_step")
    line = bench.spans["loss"].first + 1
    error = StudentError(
        "exception", "boom", type="ValueError", traceback=(StudentLine("trainer.py", line, "loss_fn", "x"),)
    )
    result = bench.failed_with(about, error)
    assert result.outcome is Outcome.NOT_REACHED
    assert "VAE/loss_values" in result.needs
    line = bench.spans["step"].first + 1
    error = StudentError(
        "exception",
        "boom",
        type="ValueError",
        traceback=(StudentLine("trainer.py", line, "train_step", "x"),),
    )
    result = bench.failed_with(about, error)
    assert result.outcome is Outcome.WRONG
    assert result.location is not None
    assert result.location.line == line


def test_an_exception_in_a_region_that_is_right_belongs_to_its_caller(assignment: Assignment) -> None:
    bench, about = bench_and_about(assignment, "train_step")
    inner, outer = (bench.spans[name].first + 1 for name in ("loss", "step"))
    lines = (
        StudentLine("trainer.py", outer, "train_step", "x"),
        StudentLine("trainer.py", inner, "loss_fn", "y"),
    )
    error = StudentError("exception", "boom", type="ValueError", traceback=lines)
    assert bench.failed_with(about, error).outcome is Outcome.NOT_REACHED
    values, average = (bench_and_about(assignment, name)[1] for name in ("loss_values", "loss_average"))
    bench.results |= {"loss_values": bench.passed(values)}
    bench.results |= {"loss_average": bench.wrong(average, Problem(as_is("a"), as_is("b")))}
    assert bench.failed_with(about, error).outcome is Outcome.NOT_REACHED
    bench.results |= {"loss_average": bench.passed(average)}
    result = bench.failed_with(about, error)
    assert result.outcome is Outcome.WRONG
    assert result.location is not None
    assert result.location.line == outer


def test_a_gpu_that_is_asked_for_by_name_is_a_mistake_of_its_own(assignment: Assignment) -> None:
    bench, about = bench_and_about(assignment, "train_step")
    for message in ("Torch not compiled with CUDA enabled", "No CUDA GPUs are available"):
        result = bench.failed_with(about, StudentError("exception", message, type="AssertionError"))
        assert result.misconception is not None
        assert result.misconception.id == "gpu_by_name"


def test_two_checks_do_not_wait_for_each_other(assignment: Assignment) -> None:
    """self.encoder was never assigned: it shows in forward, which builds on it."""
    bench, encoder = bench_and_about(assignment, "encoder_layers")
    line = StudentLine("VAE.py", bench.spans["forward"].first + 1, "forward", "self.encoder(x)")
    error = StudentError("exception", "no attribute 'encoder'", type="AttributeError", traceback=(line,))
    bench.results["encoder_layers"] = bench.failed_with(encoder, error)
    assert bench.results["encoder_layers"].outcome is Outcome.NOT_REACHED
    region, check = assignment.checks["forward_modes"]
    forward = About.of(assignment, check, region, needs=("encoder_layers",))
    result = bench.failed_with(forward, error)
    assert result.outcome is Outcome.WRONG
    assert "no attribute 'encoder'" in result.found
    assert "assign what __init__ builds to self" in result.hint


def test_a_blank_region_says_so_and_holds_up_what_builds_on_it(assignment: Assignment) -> None:
    error = StudentError("not_filled_in", "x", todo=Todo("trainer.py", 1, "Losses"))
    bench, about = bench_and_about(assignment, "loss_values")
    result = bench.failed_with(about, error)
    assert (result.outcome, result.blank) == (Outcome.WRONG, True)
    assert result.found == "trainer.py, TODO 1 (Losses): not filled in yet"
    bench, about = bench_and_about(assignment, "train_step")
    assert bench.failed_with(about, error).outcome is Outcome.NOT_REACHED


def test_a_wrong_value_is_not_reached_only_without_a_named_mistake(assignment: Assignment) -> None:
    bench, about = bench_and_about(assignment, "train_step")
    _, needed = bench_and_about(assignment, "scale")
    bench.results["scale"] = bench.wrong(needed, Problem(as_is("a"), as_is("b")))
    assert bench.wrong(about, Problem(as_is("a"), as_is("b"))).outcome is Outcome.NOT_REACHED
    from grader.checks.VAE_mistakes import NO_UPDATE

    assert bench.wrong(about, Problem(as_is("a"), as_is("b"), NO_UPDATE)).outcome is Outcome.WRONG


@pytest.mark.parametrize(
    ("kind", "mistake"), [("crashed", "crashed"), ("timeout", "timeout"), ("bad_reply", "bad_reply")]
)
def test_silence_is_wrong_never_passed(assignment: Assignment, kind: str, mistake: str) -> None:
    bench, about = bench_and_about(assignment, "loss_values")
    result = bench.failed_with(about, StudentError(kind, "gone"))
    assert result.outcome is Outcome.WRONG
    assert result.misconception is not None
    assert result.misconception.id == mistake


def test_regions_are_found_in_odd_files(assignment: Assignment, tmp_path: Path) -> None:
    (tmp_path / "dataset.py").write_bytes("\ufeff#  todo start\r\nx\r\n# TODO END\r\n".encode("utf-8-sig"))
    (tmp_path / "trainer.py").write_text("# TODO START\n# TODO START\n")
    (tmp_path / "main.py").write_text("nothing")
    spans = find_spans(tmp_path, assignment)
    assert "loss" not in spans
    assert "sample" not in spans
    (tmp_path / "main.py").write_text("# TODO START\nx\n# TODO END\n")
    spans = find_spans(tmp_path, assignment)
    assert (spans["sample"].first, spans["sample"].last) == (1, 3)
    found = region_at(spans, assignment, "main.py", 2)
    assert found is not None
    assert found.id == "sample"
    assert region_at(spans, assignment, "main.py", 9) is None


# --- cases and the public checks
# --------------------------------------------------------------------------------


def test_cases_survive_being_stored() -> None:
    for track in TRACKS:
        path = ROOT / "handouts" / track / public.CASES
        cases = load_cases(path)
        assert dump_cases(cases) == path.read_bytes()


@pytest.mark.parametrize("track", TRACKS)
def test_the_kits_public_checks_are_those_of_the_reference(track: str) -> None:
    assert differs(track) == ""


def test_a_file_that_is_no_case_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HomeworkError, match="is missing"):
        load_cases(tmp_path / "none")
    (tmp_path / "x").write_bytes(b"nothing of the kind")
    with pytest.raises(HomeworkError, match="can't be read as the public checks"):
        load_cases(tmp_path / "x")
    with pytest.raises(TypeError, match="can't be stored"):
        dump_cases([Case("x", (Step("call", {"target": object()}),), ())])
    stored = dump_cases([]).replace(b'"format": 1', b'"format": 7')
    with pytest.raises(ValueError, match="format 7"):
        parse_cases(stored)


def test_public_checks_refuse_what_is_no_tracks_folder(tmp_path: Path) -> None:
    with pytest.raises(HomeworkError, match="found no assignment"):
        list(check.check_folder(tmp_path))
    handout, codes = tmp_path / "handouts" / "VAE", tmp_path / "codes" / "VAE"
    handout.mkdir(parents=True)
    codes.mkdir(parents=True)
    (handout / "assignment.yaml").write_bytes((ROOT / "handouts/VAE/assignment.yaml").read_bytes())
    with pytest.raises(HomeworkError, match=r"has no VAE.py.*python -m hwlib.check codes/VAE"):
        list(check.check_folder(codes))
    with pytest.raises(HomeworkError, match="no public check 'nonsense'"):
        list(check.check_folder(ROOT / "solutions" / "VAE", ["nonsense"]))


@pytest.mark.slow
def test_public_checks_on_the_blank_starter_say_what_is_not_filled_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check.main(["loss_values", "scale", str(ROOT / "codes" / "VAE")]) == 1
    printed = capsys.readouterr().out
    assert "trainer.py, TODO 1" in printed
    assert "dataset.py, TODO 1" in printed
    assert "0 of 2 public checks passed" in printed


# --- variants
# ---------------------------------------------------------------------------------------------------


def test_a_variant_that_does_not_fit_the_reference_is_refused(tmp_path: Path) -> None:
    gone = Variant(id="gone", file="VAE.py", old="no such text", new="x")
    with pytest.raises(HomeworkError, match=r"variant gone.*0 times.*bring the variant up to date"):
        write_variant(gone, "VAE", tmp_path)
    with pytest.raises(ValueError, match="expected at least 9"):
        Change(number=9, code="x").apply("x")
    with pytest.raises(ValueError, match="one of the two pairs"):
        Change(old="x")


def test_files_of_variants_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.variants.ROOT", tmp_path)
    assert load_variants("mutants", "VAE") == []
    file = tmp_path / "grader" / "mutants" / "VAE.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("- {id: a, file: x, nonsense: 1}")
    with pytest.raises(HomeworkError, match="nonsense"):
        load_variants("mutants", "VAE")
    file.write_text("- {id: a, file: x}\n- {id: a, file: x}")
    with pytest.raises(HomeworkError, match="the id a twice"):
        load_variants("mutants", "VAE")


def test_forged_states_are_wrong_not_our_error(
    submission: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    for forged in ({"state": None}, {"state": {"w": "text"}}, {}):
        monkeypatch.setattr(submission, "call", lambda op, forged=forged, **params: forged)
        with pytest.raises(WrongError, match="as arrays"):
            submission.state_of("model")


class Scripted:
    """A session that answers by the name of the operation, and remembers what was asked together."""

    alive = True

    def __init__(self, **answers: object) -> None:
        self.answers, self.asked = answers, []

    def call_many(self, requests: list) -> tuple[list, StudentError | None]:
        self.asked.append([(op, params) for op, params in requests])
        results: list = []
        for op, _ in requests:
            answer = self.answers[op]
            if isinstance(answer, StudentError):
                return results, answer
            results.append(answer)
        return results, None

    def call(self, op: str, **params: object) -> object:
        results, error = self.call_many([(op, params)])
        if error is not None:
            raise error
        return results[0]


def test_steps_are_asked_together_up_to_one_that_needs_a_reply() -> None:
    session = Scripted(make={"n": 1}, use={"n": 2})
    steps = [Step("make", {}), Step("make", {}, "made"), Step("use", {"of": [Reply("made/n")]}, "used")]
    replies = ask_steps(session, steps)  # type: ignore[arg-type]
    assert replies == {"made": {"n": 1}, "used": {"n": 2}}
    assert session.asked == [[("make", {}), ("make", {})], [("use", {"of": [1]})]]


def test_steps_that_need_replies_which_are_there_already_are_asked_together() -> None:
    session = Scripted(make={"n": 1}, bad=StudentError("exception", "no"), use={"n": 2})
    made, other = {"of": Reply("made/n")}, {"of": Reply("other/n")}
    steps = [
        Step("make", {}, "made"), Step("use", made), Step("use", made),
        Step("bad", {}, "first", otherwise=(Step("make", {}, "other"),)), Step("use", other),
    ]  # fmt: skip
    ask_steps(session, steps)  # type: ignore[arg-type]
    use, bad = ("use", {"of": 1}), ("bad", {})
    assert session.asked == [[("make", {})], [use, use, bad], [("make", {})], [use]]


def test_a_step_that_fails_is_replaced_or_allowed_to_and_the_rest_goes_on() -> None:
    failure = StudentError("exception", "no", type="ValueError")
    session = Scripted(good={"n": 1}, bad=failure)
    steps = [
        Step("good", {}, "first"),
        Step("bad", {}, "replaced", otherwise=(Step("good", {}, "other"),)),
        Step("bad", {}, "allowed", may_fail=True),
        Step("good", {}, "last"),
    ]
    replies = ask_steps(session, steps)  # type: ignore[arg-type]
    allowed = {"failed": "no", "error": failure}
    assert replies == {"first": {"n": 1}, "other": {"n": 1}, "allowed": allowed, "last": {"n": 1}}
    with pytest.raises(StudentError) as caught:
        ask_steps(session, [Step("good", {}), Step("bad", {}, mistake=MISTAKE)])  # type: ignore[arg-type]
    assert caught.value.mistake is MISTAKE  # type: ignore[attr-defined]


def test_a_step_for_later_is_asked_when_its_reply_is_looked_at() -> None:
    session = Scripted(now={"n": 1}, later={"n": 2})
    steps = [Step("later", {}, "whole", later=True), Step("now", {}, "part")]
    replies = ask_steps(session, steps)  # type: ignore[arg-type]
    assert look(replies, "part/n") == 1
    assert len(session.asked) == 1
    assert [look(replies, "whole/n") for _ in range(2)] == [2, 2]
    assert session.asked[1:] == [[("later", {})]]
