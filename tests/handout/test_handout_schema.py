"""Each mistake in an assignment.yaml is one sentence with file, line, key, and what to do."""

# ruff: noqa: E501  (a mistake per line reads best)

import re
import shutil
from pathlib import Path

import pytest

from hwlib.assignment import all_assignments, find_assignment, load_assignment, variant_names
from hwlib.errors import HomeworkError

TRACKS = list(all_assignments(Path(__file__).parents[2] / "handouts"))

ENC2 = "{id: Enc-2, type: conv, output: [32, 16, 16], kernel: 3, stride: 2, padding: 1, activation: relu}"
ENC5 = "{id: Enc-5, type: linear, output: [2*latent_dim], activation: relu}"
DIS1 = "activation: leaky_relu, negative_slope: 0.2}"


@pytest.fixture
def edited(root: Path, tmp_path: Path):
    """Writes a copy of a track's description with one place changed; returns the file and the line."""

    def edit(old: str, new: str, track: str = "VAE") -> tuple[Path, int]:
        text = (root / "handouts" / track / "assignment.yaml").read_text(encoding="utf-8")
        assert old in text, old
        before, _, after = text.partition(old)
        file = tmp_path / track / "assignment.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(before + new + after, encoding="utf-8")
        return file, before.count("\n") + 1 + new[: len(new) - len(new.lstrip("\n"))].count("\n")

    return edit


@pytest.mark.parametrize("track", TRACKS)
def test_the_assignments_are_valid_and_worth_100_points(root, track):
    assignment = load_assignment(root / "handouts" / track)
    assert assignment.track == track
    assert assignment.total_points == 100
    assert assignment.report.max_bonus == 10
    assert not assignment.late.extensions, "students' numbers must not stand in the repository"


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("kernel: 3, stride: 1", "kernel: three, stride: 1", "networks.encoder.layers.Enc-1.kernel", "found 'three', expected a whole number"),
        ("kernel: 3, stride: 1", "kernel: 0, stride: 1", "networks.encoder.layers.Enc-1.kernel", "found 0, expected at least 1"),
        ("kernel: 3, stride: 1", "kernal: 3, stride: 1", "networks.encoder.layers.Enc-1.kernal", "Did you mean 'kernel'?"),
        ("type: conv", "type: convolution", "networks.encoder.layers.Enc-1.type", "found 'convolution', expected 'conv', 'transposed_conv' or 'linear'"),
        (ENC2, ENC2.replace("16, 16]", "8, 8]"), "networks.encoder.layers.Enc-2.output", "found the output 8 x 8, expected 16 x 16"),
        (ENC2, ENC2.replace("[32, 16, 16]", "[32]"), "networks.encoder.layers.Enc-2", "expected [channels, height, width]"),
        (ENC2, ENC2.replace(", padding: 1", ""), "networks.encoder.layers.Enc-2", "found no padding"),
        (ENC2, ENC2.replace("padding: 1", "padding: 1, output_padding: 1"), "networks.encoder.layers.Enc-2", "found output_padding"),
        (ENC2, ENC2.replace("relu", "leaky_relu"), "networks.encoder.layers.Enc-2", "negative_slope with leaky_relu only"),
        (ENC2, ENC2.replace("[32, 16, 16]", "[0, 16, 16]"), "networks.encoder.layers.Enc-2.output", "expected sizes of at least 1"),
        (ENC2, ENC2.replace("[32, 16, 16]", "[2, 2, 2, 2]"), "networks.encoder.layers.Enc-2.output", "found 4 numbers"),
        (ENC5, ENC5.replace("2*latent_dim", "2**latent_dim"), "networks.encoder.layers.Enc-5.output", "a product such as 2*latent_dim"),
        (ENC5, ENC5.replace("activation", "stride: 1, activation"), "networks.encoder.layers.Enc-5", "found stride, expected none for a linear layer"),
        (ENC5, ENC5.replace("activation", "output_padding: 1, activation"), "networks.encoder.layers.Enc-5", "found output_padding"),
        ("type: linear, output: [16, 8, 8]", "type: linear, output: [1024]", None, "found a convolution on the vector [1024]"),
        ("id: Enc-2", "id: Enc-1", "networks.encoder.layers", "found the layer id Enc-1 twice"),
        ("id: Dec-1", "id: Enc-1", "networks", "found the layer Enc-1 twice"),
        ("id: decoder", "id: encoder", "networks", "found the network encoder twice"),
        ("id: reconstruction_loss", "id: kl_loss", "losses", "found the loss kl_loss twice"),
        ("id: reparameterize\n", "id: forward\n", "regions", "found the region forward twice"),
        ("number: 2", "number: 1", "regions", "found the region VAE.py:1 twice"),
        ("id: encoder_layers", "id: decoder_layers", "regions.networks.checks", "found the check id decoder_layers twice"),
        ("id: encoder_layers", "id: loss_values", "regions", "found the check loss_values twice"),
        ("- id: nan", "- id: kl", "symptoms", "found the symptom kl twice"),
        ("file: VAE.py", "file: VEA.py", "networks.encoder.file", "expected one of VAE.py, dataset.py, trainer.py, main.py"),
        ("file: dataset.py", "file: data.py", "regions.scale.file", "found the file 'data.py'"),
        ("code_points: 60", "code_points: 50", "code_points", "found 50, expected the sum over the regions, 60"),
        ("report_points: 40", "report_points: 50", "report_points", "expected the sum over the required questions, 40"),
        ("points: 20", "points: 21", "regions.networks.points", "found 21 points, expected the sum of its checks, 20"),
        ("points: 0\n", "points: 1\n", "regions.variants.points", "found 1 points, expected 0"),
        ("default: 25000", "default: many", "run.flags.num_train_steps", "found the default 'many', expected a value of type int"),
        ("default: mnist", "default: cifar", "run.flags.dataset", "found the default 'cifar', expected one of mnist, fashion, digits"),
        ("name: batch_size", "name: latent_dim", "run.flags", "found 'latent_dim' twice"),
        ("tag: KL_divergence", "tag: loss", "run.curves", "found 'loss' twice"),
        ("tag: samples", "tag: dev_imgs", "run.images", "found 'dev_imgs' twice"),
        ("quick: {dataset", "quick: {data_set", "run.quick.data_set", "expected the name of a flag"),
        ("models: [{latent_dim: 3}", "models: [{latent: 3}", "run.models.0.latent", "expected the name of a flag"),
        ("  num_images: 3000", "  num_images: 5000", "fid.num_images", "expected 3000, the default of the flag fid_images"),
        ("fid:\n  network: lenet", "fid:\n  network: inception", None, "expected 'lenet', the default of the flag fid_network"),
        ("- network: lenet", "- network: inception", "fid.thresholds", "expected each network once"),
        ("threshold: 40", "threshold: -1", "fid.thresholds.inception.threshold", "found -1, expected more than 0"),
        ("threshold: 40", "threshold: 40\n      treshold: 1", None, "Did you mean 'threshold'?"),
        ("- id: images", "- id: curves", "report.questions", "found the question id curves twice"),
        ("shows: [dev_imgs", "shows: [dev_images", "report.questions.images.shows", "found 'dev_images', expected one of"),
        ("regions: [variants]", "regions: [variant]", "report.questions.architectures.regions", "found 'variant'"),
        ("networks: [encoder, decoder], count: 47629", "networks: [coder], count: 47629", "parameters.0.networks", "found the network 'coder'"),
        ("max_penalty_percent: 50", "max_penalty_percent: 5", "late.max_penalty_percent", "expected at least penalty_percent_per_day, 10"),
        ("deadline: 2026-12-20T23:59:00+08:00", "deadline: 2026-12-20T23:59:00", "deadline", "without a time zone"),
        ("deadline: 2026-12-20T23:59:00+08:00", "deadline: tomorrow", "deadline", "expected a date and time such as"),
        ("track: VAE", "track: V AE", "track", "expected a text of the form"),
        ("track: VAE\n", "", "", "found no 'track', expected it here"),
        ("schema_version: 1", "schema_version: 2", "schema_version", "found 2, expected at most 1"),
        ("files: [VAE.py, dataset.py, trainer.py, main.py]", "files: VAE.py", "files", "expected a list"),
        ("files: [VAE.py, dataset.py, trainer.py, main.py]", "files: []", "files", "expected something here"),
        ("image_range: [0, 1]", "image_range: [0]", "image_range", "expected at least 2 of them"),
        ("image_range: [0, 1]", "image_range: [0, 1, 2]", "image_range", "expected at most 2 of them"),
        ("{en: Deep Learning, zh: 深度学习}", "{en: Deep Learning}", "course", "found no 'zh', expected it here"),
        ("{en: Deep Learning, zh: 深度学习}", "2026", "course", "expected keys with values"),
        ("do_train, type: switch, default: false", "do_train, type: switch, default: 0", "run.flags.do_train", "expected a value of type switch"),
        ("optional: true\n    task", "optional: yes please\n    task", "regions.variants.optional", "expected true or false"),
        ("quick: {dataset: digits", "quick: {dataset: [1]", "run.quick.dataset", "found [1]"),
        ("grace_minutes: 30", "grace_minutes: null", "late.grace_minutes", "found nothing, expected a whole number"),
        ("past_years: [25, 27]", "past_years: [low]", "fid.thresholds.inception.calibration.past_years.0", "expected a number"),
    ],
)  # fmt: skip
def test_a_mistake_names_line_key_and_remedy(edited, old, new, key, words):
    file, line = edited(old, new)
    with pytest.raises(HomeworkError) as caught:
        load_assignment(file)
    message = str(caught.value)
    assert words in message
    assert str(file) in message
    assert "pydantic" not in message.lower()
    assert all(re.search(r"[.?]$", text) for text in message.splitlines()), "each line is a whole sentence"
    if key is not None:
        where = re.match(r".*?, line (\d+)(?:, (.*?))?: ", message)
        assert where, message
        assert (where.group(2) or "") == key
        # Errors of a list or section are reported at its key, which stands above the edited place.
        assert int(where.group(1)) <= line
        if key and key.split(".")[-1].split("[")[0] in new:
            assert int(where.group(1)) == line


def test_leaky_relu_needs_its_slope(edited):
    file, _ = edited(DIS1, "activation: leaky_relu}", "GAN")
    with pytest.raises(HomeworkError, match=r"networks\.discriminator\.layers\.Dis-1: .*negative_slope"):
        load_assignment(file)


def test_fid_network_without_threshold_entry(edited):
    file, _ = edited("    - network: inception", "    - network: inception_", "VAE")
    with pytest.raises(HomeworkError, match="expected 'lenet' or 'inception'"):
        load_assignment(file)


def test_the_default_network_needs_a_threshold_entry(root, edited):
    text = (root / "handouts/VAE/assignment.yaml").read_text(encoding="utf-8")
    start = text.index("    - network: lenet")
    entry = text[start : text.index("# ---- report")]
    file, _ = edited(entry, "\n")
    with pytest.raises(HomeworkError, match="found no threshold entry for lenet"):
        load_assignment(file)


def test_all_mistakes_are_reported_in_the_order_of_their_lines(edited, tmp_path):
    file, _ = edited("year: 2026", "year: soon")
    file.write_text(
        file.read_text(encoding="utf-8").replace("grace_minutes: 30", "grace_minutes: -1"), encoding="utf-8"
    )
    with pytest.raises(HomeworkError) as caught:
        load_assignment(file)
    lines = str(caught.value).splitlines()
    assert [line.split(", ")[2].split(":")[0] for line in lines] == ["year", "late.grace_minutes"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"track: VAE\ntrack: GAN\n", "line 2, track: found this key a second time (first in line 1)"),
        (b"track: [VAE\nyear: 2026\n", "this is not YAML"),
        (b"- VAE\n", "line 1: found no keys"),
        (b"", "line 1: found no keys"),
        (b"track: \xff\xfe\n", "not UTF-8"),
        (b"track: VAE\x07\n", "this is not YAML"),
        (b"year: 1\ndeadline: 2026-13-45\n", "line 2: found '2026-13-45' (timestamp)"),
        (b"year: !new 1\n", "line 1: found '1' (!new)"),
    ],
)
def test_files_that_are_no_description(tmp_path, content, words):
    file = tmp_path / "assignment.yaml"
    file.write_bytes(content)
    with pytest.raises(HomeworkError) as caught:
        load_assignment(file)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(HomeworkError, match=r"assignment\.yaml does not exist"):
        load_assignment(tmp_path)


# ---- variants


@pytest.fixture
def variant(root: Path, tmp_path: Path):
    """Writes variants/2031.yaml beside a copy of the VAE's description; returns the folder."""

    def write(text: str) -> Path:
        (tmp_path / "variants").mkdir()
        shutil.copy(root / "handouts/VAE/assignment.yaml", tmp_path)
        (tmp_path / "variants/2031.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_a_variant_overrides_single_keys_and_leaves_the_rest(root, variant):
    folder = variant(
        "year: 2031\nset:\n  late.grace_minutes: 7\n  networks.encoder.layers.Enc-3.activation: tanh\n"
        "  run.flags.batch_size.default: 48\n  report.questions.curves.title: {en: Lines, zh: 曲线}\n"
    )
    changed, base = load_assignment(folder, 2031), load_assignment(folder)
    assert (changed.year, changed.late.grace_minutes) == (2031, 7)
    assert changed.layer("Enc-3").activation == "tanh"
    assert changed.run.defaults["batch_size"] == 48
    assert changed.question("curves").title.en == "Lines"
    assert base == load_assignment(root / "handouts/VAE")
    assert changed.layer("Enc-2") == base.layer("Enc-2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("set:\n  late.grace_minute: 7\n", "line 2, late.grace_minute: found the key 'grace_minute', expected one of grace_minutes"),
        ("set:\n  late.grace_minutes.x: 7\n", "found the key 'x', expected nothing below this value"),
        ("set:\n  networks.encoder.layers.Enc-9.kernel: 7\n", "found the key 'Enc-9', expected one of Enc-1, Enc-2"),
        ("set:\n  late.grace_minutes: -7\n", "variants/2031.yaml, line 2, late.grace_minutes: found -7, expected at least 0"),
        ("set:\n  late:\n    grace_minutes: 1\n    penalty_percent_per_day: x\n    max_penalty_percent: 50\n", "variants/2031.yaml, line 4, late.penalty_percent_per_day"),
        ("late.grace_minutes: 7\n", "line 1: found the key 'late.grace_minutes', expected `year` and `set`"),
        ("set: [1]\n", "line 1, set: found [1], expected keys with their values"),
    ],
)  # fmt: skip
def test_mistakes_in_a_variant_name_the_variants_line(variant, text, words):
    with pytest.raises(HomeworkError) as caught:
        load_assignment(variant(text), 2031)
    assert words in str(caught.value)


def test_an_unknown_variant_lists_those_there_are(root):
    with pytest.raises(HomeworkError, match=r"found no variant '1999'.*there are: 2025"):
        load_assignment(root / "handouts/VAE", 1999)


@pytest.mark.parametrize("track", TRACKS)
def test_every_variant_of_the_repository_loads(root, track):
    folder = root / "handouts" / track
    assert variant_names(folder)
    for name in variant_names(folder):
        assert load_assignment(folder, name).year == int(name)


# ---- finding


def test_the_assignment_is_found_from_a_tracks_folder(root, tmp_path, monkeypatch):
    expected = root / "handouts/GAN/assignment.yaml"
    for start in ("codes/GAN", "solutions/GAN", "solutions/GAN/main.py", "handouts/GAN"):
        assert find_assignment(root / start) == expected
    monkeypatch.chdir(root / "solutions/GAN")
    assert find_assignment(".") == expected


def test_a_folder_without_assignment_says_where_to_go(tmp_path):
    with pytest.raises(HomeworkError, match="Go to codes/VAE or codes/GAN"):
        find_assignment(tmp_path)


def test_all_assignments_lists_the_tracks(root):
    assert list(all_assignments(root / "handouts")) == ["GAN", "VAE"]
