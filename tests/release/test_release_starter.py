import subprocess
import sys
import textwrap
import zipfile
from io import BytesIO

import pytest
import yaml

from course.release import ROOT, answer_lines, build_kit, main, stale, starter_files, tracks
from course.starter import cut, find_regions
from hwlib.errors import HomeworkError

SOLUTION = textwrap.dedent(
    '''\
    """A file."""

    def f(x):
        # TODO START
        # x: [B], returns [B]
        # twice as large
        y = 2 * x  # the trick
        # a remark inside the answer
        return y
        # TODO END
    '''
)


def test_the_contract_stays_and_the_answer_goes():
    assert cut(SOLUTION, "f.py", {1: "Doubling"}) == textwrap.dedent(
        '''\
        """A file."""

        def f(x):
            # TODO START
            # x: [B], returns [B]
            # twice as large
            raise NotImplementedError("f.py, TODO 1 (Doubling): not filled in yet")
            # TODO END
        '''
    )


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["# TODO START", "x", "# TODO START"], "f.py:3: # TODO START inside the region of line 1"),
        (["x", "# TODO END"], "f.py:2: # TODO END without a # TODO START"),
        (["# TODO START", "# TODO END"], "f.py:2: the region is empty"),
        (["# TODO START", "x"], "f.py:1: # TODO START without an # TODO END"),
    ],
)
def test_wrong_markers_are_refused_with_their_line(lines, words):
    with pytest.raises(HomeworkError, match=words):
        find_regions(lines, "f.py")


def test_regions_that_the_description_lacks_are_refused():
    with pytest.raises(
        HomeworkError, match=r"f.py has 1 TODO regions, its assignment.yaml describes \[1, 2\]"
    ):
        cut(SOLUTION, "f.py", {1: "a", 2: "b"})


@pytest.mark.parametrize("track", tracks(ROOT))
def test_the_starter_differs_from_the_solution_in_the_regions_alone(track):
    starter = starter_files(ROOT)
    for path in (ROOT / "solutions" / track).glob("*.py"):
        whole = path.read_text().splitlines()
        blank = starter[f"codes/{track}/{path.name}"].decode().splitlines()
        for lines in (whole, blank):
            for region in reversed(find_regions(lines, path.name)):
                del lines[region.first + 1 : region.last]
        assert whole == blank


def test_the_committed_starter_is_the_one_that_is_cut():
    assert stale(ROOT, starter_files(ROOT)) == []


def test_the_starter_has_no_line_of_an_answer_and_passes_the_linter():
    answers = answer_lines(ROOT)
    assert len(answers) > 40
    for content in starter_files(ROOT).values():
        assert not {line.strip() for line in content.decode().splitlines()} & answers
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "codes"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture
def small_root(tmp_path):
    """A copy of what the release reads."""
    for name in ("solutions", "handouts", "codes", "code_analyze/_codes"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        subprocess.run(["cp", "-r", str(ROOT / name), str(tmp_path / name)], check=True)
    return tmp_path


def test_check_names_what_is_out_of_date(small_root, capsys):
    main(["--check", "--root", str(small_root)])
    assert "agree with solutions/" in capsys.readouterr().out
    (small_root / "codes" / "VAE" / "VAE.py").write_text("edited by hand")
    (small_root / "codes" / "GAN" / "left_over.py").write_text("")
    with pytest.raises(SystemExit) as left:
        main(["--check", "--root", str(small_root)])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert "codes/GAN/left_over.py, codes/VAE/VAE.py: not what solutions/ gives" in said
    assert "make release" in said


def test_a_described_file_that_is_missing_is_named(small_root):
    (small_root / "solutions" / "VAE" / "trainer.py").unlink()
    with pytest.raises(HomeworkError, match="lacks trainer.py, which VAE's assignment.yaml describes"):
        starter_files(small_root)


@pytest.fixture(scope="module")
def kit():
    return build_kit(ROOT, starter_files(ROOT))


@pytest.mark.slow
def test_the_kit_is_the_same_bytes_again(kit):
    assert build_kit(ROOT, starter_files(ROOT)) == kit


def test_a_file_of_other_content_has_another_time():
    """Or Python would go on with what it cached of the one before, if the size is the same too."""
    from course.kit import zip_bytes

    files = {f"{number}.py": f"x = {number:04}\n".encode() for number in range(100)}
    archive = zipfile.ZipFile(BytesIO(zip_bytes(files)))
    times = [entry.date_time for entry in archive.infolist()]
    assert len(set(times)) > 95
    assert {time[:3] for time in times} == {(1980, 1, 1)}
    assert zip_bytes(files) == zip_bytes(dict(reversed(files.items())))


@pytest.mark.slow
def test_the_kit_holds_what_students_need_and_nothing_else(kit):
    names = set(zipfile.ZipFile(BytesIO(kit)).namelist())
    top = "image-generation-homework/"
    wanted = {"README.md", "pyproject.toml", "constraints.txt", "LICENSE", "code_analyze/analyze.py"}
    wanted |= {f"{folder}/VAE/trainer.py" for folder in ("codes", "code_analyze/_codes")}
    wanted |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "code_analyze/summary").glob("*.py")}
    wanted |= {"hwlib/features/lenet.safetensors", "handouts/GAN/assignment.yaml", "hwlib/check.py"}
    wanted |= {f"handouts/VAE/handout{suffix}" for suffix in (".html", ".pdf", ".zh.html", ".zh.pdf")}
    assert {top + name for name in wanted} <= names
    folders = {name.removeprefix(top).split("/")[0] for name in names}
    assert not folders & {"solutions", "grader", "tests", "benchmarks", "course"}
    assert not [name for name in names if "__pycache__" in name]


@pytest.mark.slow
def test_the_kits_code_analysis_runs_with_python_alone(kit, tmp_path):
    zipfile.ZipFile(BytesIO(kit)).extractall(tmp_path)
    program = tmp_path / "image-generation-homework" / "code_analyze" / "analyze.py"
    # -I: no PYTHONPATH; -S: no installed packages.
    done = subprocess.run([sys.executable, "-I", "-S", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "0 of 15 TODO regions filled in" in done.stdout
    assert "# ../codes/GAN/GAN.py:1" in program.with_name("summary.txt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_kit_tells_nothing_of_answers_or_hidden_checks(kit):
    archive = zipfile.ZipFile(BytesIO(kit))
    texts = {name: archive.read(name).decode("utf-8", errors="replace") for name in archive.namelist()}
    answers = answer_lines(ROOT)
    for name, text in texts.items():
        assert not {line.strip() for line in text.splitlines()} & answers, name
    from hwlib.assignment import load_assignment

    for track in tracks(ROOT):
        assignment = load_assignment(ROOT / "handouts" / track)
        hidden = [check for _, check in assignment.checks.values() if check.visibility == "hidden"]
        assert hidden
        packed = yaml.safe_load(texts[f"image-generation-homework/handouts/{track}/assignment.yaml"])
        told = {check["id"] for region in packed["regions"] for check in region.get("checks", [])}
        assert not told & {check.id for check in hidden}
        assert sum(region["points"] for region in packed["regions"]) == assignment.code_points


@pytest.mark.slow
def test_a_kit_with_an_answer_in_it_is_refused():
    starter = starter_files(ROOT)
    starter["codes/VAE/VAE.py"] = (ROOT / "solutions" / "VAE" / "VAE.py").read_bytes()
    with pytest.raises(
        HomeworkError, match="lines of the solution stand in codes/VAE/VAE.py; nothing was packed"
    ):
        build_kit(ROOT, starter)


def test_a_pyproject_without_a_project_is_refused():
    from course.kit import student_pyproject

    with pytest.raises(HomeworkError, match=r"has no \[project\] section"):
        student_pyproject("[build-system]\nrequires = []\n")


def test_the_students_pyproject_installs_no_tool_of_the_tas():
    import importlib

    from course.kit import student_pyproject

    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    read = toml.loads(student_pyproject((ROOT / "pyproject.toml").read_text()))
    assert "torch>=2.6" in read["project"]["dependencies"]
    assert "optional-dependencies" not in read["project"]
    assert "scripts" not in read["project"]
    assert read["build-system"]["build-backend"] == "setuptools.build_meta"
