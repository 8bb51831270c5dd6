import json

import pytest
import torch
from torch import nn

from hwlib import checkpoint
from hwlib.errors import HomeworkError


def test_the_latest_step_comes_back_whole(tmp_path):
    net, random = nn.Linear(2, 3), {"cpu": torch.get_rng_state()}
    optimizer = torch.optim.Adam(net.parameters())
    checkpoint.save(tmp_path, 10, model=nn.Linear(2, 3), optimizer=optimizer, random=random)
    checkpoint.save(tmp_path, 9, model=nn.Linear(2, 3))
    checkpoint.save(tmp_path, 200, model=net, optimizer=optimizer, random=random)
    found = checkpoint.latest(tmp_path)
    assert found is not None
    assert found["step"] == 200
    assert torch.equal(found["model"]["weight"], net.weight)
    assert torch.equal(found["random"]["cpu"], random["cpu"])
    assert checkpoint.steps(tmp_path) == [9, 10, 200]


def test_stray_files_disturb_nothing(tmp_path):
    checkpoint.save(tmp_path, 5, model=nn.Linear(1, 1))
    for name in (
        ".DS_Store",
        "step-00000009.pt.part",
        ".step-00000010.pt.x.part",
        "step-9.pt",
        "notes.txt",
        "7",
    ):
        (tmp_path / name).write_text("x")
    (tmp_path / "step-00000011.pt").mkdir()
    assert checkpoint.load_latest(tmp_path)["step"] == 5


def test_no_checkpoint_says_how_to_make_one(tmp_path):
    assert checkpoint.latest(tmp_path / "nowhere") is None
    with pytest.raises(HomeworkError, match="no checkpoint in .*nowhere. Train first: .*with --do_train"):
        checkpoint.load_latest(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", b"\x80\x04K\x01."])
def test_a_damaged_file_is_named_with_what_is_before_it(tmp_path, content):
    (tmp_path / "step-00000002.pt").write_bytes(content)
    with pytest.raises(HomeworkError, match=r"step-00000002.pt is not a checkpoint .* go on from the start"):
        checkpoint.latest(tmp_path)
    checkpoint.save(tmp_path, 1, model=nn.Linear(1, 1))
    with pytest.raises(HomeworkError, match="Delete it to go on from step 1"):
        checkpoint.latest(tmp_path)


def test_a_file_cut_off_anywhere_is_refused(tmp_path):
    path = checkpoint.save(tmp_path, 1, model=nn.Linear(100, 10))
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(HomeworkError, match="is not a checkpoint"):
            checkpoint.latest(tmp_path)


def test_changed_weights_are_refused(tmp_path):
    model = nn.Linear(100, 10)
    path = checkpoint.save(tmp_path, 1, model=model)
    weights = model.weight.detach().numpy().tobytes()
    assert path.read_bytes().count(weights) == 1
    path.write_bytes(path.read_bytes().replace(weights, bytes(len(weights))))
    with pytest.raises(HomeworkError, match="is not a checkpoint"):
        checkpoint.latest(tmp_path)


@pytest.mark.parametrize("content", [torch.zeros(2), {"model": {}}])
def test_a_file_of_another_program_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "step-00000001.pt")
    with pytest.raises(HomeworkError, match="is not a checkpoint"):
        checkpoint.latest(tmp_path)


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    class Payload:
        def __reduce__(self):
            return (open, (str(tmp_path / "touched"), "w"))

    torch.save({"step": 1, "settings": {}, "model": Payload()}, tmp_path / "step-00000001.pt")
    with pytest.raises(HomeworkError, match="is not a checkpoint"):
        checkpoint.latest(tmp_path)
    assert not (tmp_path / "touched").exists()


def test_a_folder_of_other_settings_is_refused_when_claimed(tmp_path):
    checkpoint.claim(tmp_path, {"latent_dim": 3})
    checkpoint.claim(tmp_path, {"latent_dim": 4})  # nothing was trained yet
    checkpoint.save(tmp_path, 1, model=nn.Linear(1, 1))
    checkpoint.claim(tmp_path, {"latent_dim": 4})
    with pytest.raises(HomeworkError, match="other settings .latent_dim 4 there, 5 asked for"):
        checkpoint.claim(tmp_path, {"latent_dim": 5})


def test_a_checkpoint_copied_from_another_run_is_refused(tmp_path):
    for name, size in (("a", 3), ("b", 10)):
        checkpoint.claim(tmp_path / name, {"latent_dim": size})
        checkpoint.save(tmp_path / name, size, model=nn.Linear(1, 1))
    (tmp_path / "b" / "step-00000010.pt").rename(tmp_path / "a" / "step-00000010.pt")
    with pytest.raises(HomeworkError, match="latent_dim 10 there, 3 asked for"):
        checkpoint.latest(tmp_path / "a")


def test_unreadable_settings_are_named(tmp_path):
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(HomeworkError, match="settings.json is not readable JSON. Delete the folder"):
        checkpoint.save(tmp_path, 1, model=nn.Linear(1, 1))
    (tmp_path / "settings.json").write_text(json.dumps([1]))
    assert checkpoint.settings_of(tmp_path) == {}


def test_weights_of_other_layers_are_refused(tmp_path):
    checkpoint.save(tmp_path, 1, model=nn.Linear(2, 3))
    state = checkpoint.load_latest(tmp_path)["model"]
    with pytest.raises(HomeworkError, match="is of another network than Linear now is .*size mismatch"):
        checkpoint.load_state(nn.Linear(2, 4), state, tmp_path)
