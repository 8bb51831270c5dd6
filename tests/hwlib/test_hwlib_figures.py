import json
from pathlib import Path

import pytest

from hwlib.figures import main, read_run


def test_curves_and_pictures_of_several_runs(make_run, tmp_path, monkeypatch, capsys):
    make_run(tmp_path / "runs" / "a", 3)
    make_run(tmp_path / "runs" / "b", 10)
    monkeypatch.chdir(tmp_path)
    main(["runs/*"])
    assert "6 files in figures/: curves and pictures of 2 runs" in capsys.readouterr().out
    names = {path.relative_to("figures").as_posix() for path in Path("figures").rglob("*.*")}
    assert names == {
        f"{stem}.{suffix}" for stem in ("VAE_curves", "a/samples", "b/samples") for suffix in ("png", "pdf")
    }


def test_every_caption_states_the_three_settings(make_run, tmp_path):
    from hwlib.figures import curves_figure, picture_figure, read_run

    runs = [read_run(make_run(tmp_path / name, size)) for name, size in (("a", 3), ("b", 10))]
    figure = curves_figure(runs)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == [
        "VAE: latent_dim=3, batch_size=32, num_train_steps=20, dataset=digits",
        "VAE: latent_dim=10, batch_size=32, num_train_steps=20, dataset=digits",
        "validation",
    ]
    assert runs[0].caption in picture_figure(runs[0], "samples").axes[0].get_title()


def test_captions_tell_runs_apart_that_differ_in_another_setting(make_run, tmp_path):
    run = make_run(tmp_path / "a", 3)
    record = json.loads((run / "run.json").read_text())
    record["settings"] |= {"hidden_dim": 16, "beta1": 0.5, "architecture": "fc", "track": "VAE", "seed": 4}
    record["name"] = "VAE_digits_latent_dim-3_batch_size-32_num_train_steps-20_architecture-fc"
    (run / "run.json").write_text(json.dumps(record))
    usual = "latent_dim=3, batch_size=32, num_train_steps=20"
    assert read_run(run).caption == f"VAE: {usual}, architecture=fc, hidden_dim=16, dataset=digits"


def test_runs_of_one_name_in_two_folders_keep_their_pictures(make_run, tmp_path, capsys):
    runs = [make_run(tmp_path / parent / "x", 3) for parent in ("runs", "runs-kl-0")]
    main([*map(str, runs), "--out", str(tmp_path / "out")])
    assert "6 files" in capsys.readouterr().out
    names = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png")}
    assert names == {"VAE_curves.png", "runs/x/samples.png", "runs-kl-0/x/samples.png"}


def test_the_same_run_gives_the_same_bytes(make_run, tmp_path):
    run = make_run(tmp_path / "a", 3)
    for out in ("one", "two"):
        main([str(run), "--out", str(tmp_path / out)])
    for path in (tmp_path / "one").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_a_run_without_curves_is_left_out_and_named(make_run, tmp_path, capsys):
    good, empty = make_run(tmp_path / "good", 3), make_run(tmp_path / "empty", 3)
    for path in empty.glob("events*"):
        path.unlink()
    main([str(empty), str(good), "--out", str(tmp_path / "out")])
    said = capsys.readouterr().out
    assert "left out:" in said
    assert "empty holds no curves yet" in said
    assert "pictures of 1 runs" in said


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda folder, make_run: folder.mkdir(), "holds no run.json; name the folder of a run"),
        (
            lambda folder, make_run: make_run(folder, 3).joinpath("run.json").write_text("{"),
            "lacks a readable record",
        ),
        (
            lambda folder, make_run: make_run(folder, 3).joinpath("run.json").write_text('{"settings": {}}'),
            "lacks latent_dim",
        ),
        (
            lambda folder, make_run: [path.unlink() for path in make_run(folder, 3).glob("events*")],
            "holds no curves yet",
        ),
        (lambda folder, make_run: folder.write_text("x"), "no folder of a run in"),
        (lambda folder, make_run: None, "holds no run.json"),
    ],
)
def test_what_is_no_run_is_named(make_run, tmp_path, capsys, prepare, words):
    prepare(tmp_path / "x", make_run)
    with pytest.raises(SystemExit) as left:
        main([str(tmp_path / "x"), "--out", str(tmp_path / "out")])
    assert left.value.code == 2
    assert words in capsys.readouterr().err
