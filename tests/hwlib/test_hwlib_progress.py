import os
import signal

import pytest
import torch

from hwlib.errors import HomeworkError
from hwlib.progress import TrainingSteps, to_floats


def test_steps_go_on_after_those_done(capsys):
    steps = TrainingSteps(3, 6)
    assert steps.first == 4
    assert list(steps) == [4, 5, 6]
    assert "going on from the checkpoint of step 3" in capsys.readouterr().out


def test_nothing_is_left_to_do():
    assert list(TrainingSteps(6, 6)) == []


def test_more_steps_done_than_asked_for_are_refused():
    with pytest.raises(HomeworkError, match="of step 7, beyond --num_train_steps 6"):
        TrainingSteps(7, 6)


def test_ctrl_c_lets_the_step_finish_and_be_saved():
    steps, saved = TrainingSteps(0, 100), []
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        for step in steps:
            if step == 5:
                os.kill(os.getpid(), signal.SIGINT)
            if steps.is_last(step):
                saved.append(step)
    assert saved == [5]
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_between_saving_and_the_next_step_saves_one_step_later():
    steps, saved = TrainingSteps(0, 100), []
    with pytest.raises(KeyboardInterrupt):
        for step in steps:
            if steps.is_last(step):
                saved.append(step)
            if step == 5:
                os.kill(os.getpid(), signal.SIGINT)
    assert saved == [6]


def test_a_second_ctrl_c_stops_at_once():
    with pytest.raises(KeyboardInterrupt):
        for step in TrainingSteps(0, 100):
            assert step == 1
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            pytest.fail("the second signal must end the step")


def test_only_the_last_step_is_last():
    steps = TrainingSteps(0, 3)
    assert [steps.is_last(step) for step in steps] == [False, False, True]


def test_numbers_and_tensors_become_floats():
    loss = torch.ones((), requires_grad=True) * 2
    assert to_floats([loss, 3, torch.tensor(4.5)]) == [2.0, 3.0, 4.5]
    assert to_floats([1.0]) == [1.0]
