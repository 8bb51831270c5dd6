import json
import sys

import pytest

from hwlib import checkpoint, cli
from hwlib.curves import read_events
from hwlib.errors import HomeworkError
from hwlib.runs import code_hash, device_name, open_run


@pytest.fixture
def open_with(tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "main.py").write_text("print(1)")
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "code" / "main.py")])

    def start(*flags):
        parser = cli.make_parser(
            "VAE", "", latent_dim=10, batch_size=32, num_train_steps=25_000, learning_rate=1e-3
        )
        folders = ["--log_dir", str(tmp_path / "runs"), "--ckpt_dir", str(tmp_path / "results")]
        return open_run(cli.parse(parser, [*folders, "--device", "cpu", *flags]), parser)

    return start


def test_the_folder_states_the_settings(open_with):
    assert open_with("--do_train").name == "VAE_mnist_latent_dim-10_batch_size-32_num_train_steps-25000"
    other = open_with("--do_train", "--seed", "7", "--learning_rate", "0.01", "--dataset", "digits")
    assert other.name == (
        "VAE_digits_latent_dim-10_batch_size-32_num_train_steps-25000_learning_rate-0.01_seed-7"
    )
    assert other.log_dir.name == other.ckpt_dir.name == other.name


def test_what_does_not_change_the_model_does_not_change_the_folder(open_with):
    flags = "--logging_steps", "3", "--saving_steps", "4", "--fid_runs", "2", "--data_dir", "x"
    assert open_with("--do_train", *flags).name == open_with("--do_train").name


def test_the_record_holds_settings_versions_code_and_results(open_with, tmp_path):
    run = open_with("--do_train")
    run.add_results(steps=5)
    run.add_results(fid={"fid": 1.5})
    record = json.loads((run.log_dir / "run.json").read_text())
    assert record["settings"]["latent_dim"] == 10
    assert set(record["versions"]) == {"python", "torch", "hwlib"}
    assert record["code_sha256"] == code_hash(tmp_path / "code")
    assert record["results"]["steps"] == 5
    assert record["results"]["fid"] == {"fid": 1.5}
    assert record["device"] == device_name(run.device)
    # A later run of the same settings keeps what is known.
    assert open_with("--do_train").record["results"]["steps"] == 5


@pytest.mark.parametrize(("saved", "expected"), [(None, [5]), (3, [2, 5])])
def test_a_training_draws_its_curves_over_those_that_it_does_not_go_on_from(
    open_with, saved, expected, caplog
):
    before = open_with("--do_train")
    for step in (2, 4):
        before.tb_writer.add_scalar("loss", 1.0, step)
    before.tb_writer.close()
    if saved is not None:
        checkpoint.save(before.ckpt_dir, saved)
    now = open_with("--do_train")
    now.tb_writer.add_scalar("loss", 1.0, 5)
    now.tb_writer.close()
    assert [point.step for point in read_events(now.log_dir).Scalars("loss")] == expected
    assert caplog.text == ""


def test_a_broken_record_is_written_anew(open_with):
    run = open_with("--do_train")
    (run.log_dir / "run.json").write_text("[")
    assert open_with("--do_train").record["results"].keys() == {"seconds"}


def test_the_code_hash_sees_names_and_contents(tmp_path):
    (tmp_path / "a.py").write_text("x")
    first = code_hash(tmp_path)
    (tmp_path / "notes.txt").write_text("not code")
    assert code_hash(tmp_path) == first
    (tmp_path / "a.py").write_text("y")
    assert code_hash(tmp_path) != first


def test_evaluation_without_a_checkpoint_leaves_no_folder(open_with, tmp_path):
    with pytest.raises(HomeworkError, match="Train first"):
        open_with()
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "results").exists()


def test_a_run_under_other_settings_is_refused(open_with):
    run = open_with("--do_train")
    checkpoint.save(run.ckpt_dir, 1)
    settings = json.loads((run.ckpt_dir / "settings.json").read_text())
    (run.ckpt_dir / "settings.json").write_text(json.dumps({**settings, "batch_size": 99}))
    with pytest.raises(HomeworkError, match="batch_size 99 there, 32 asked for"):
        open_with("--do_train")
