import pytest

from hwlib import cli


@pytest.fixture
def parser():
    return cli.make_parser(
        "VAE", "text", latent_dim=10, batch_size=32, num_train_steps=25_000, learning_rate=1e-3
    )


def test_both_spellings_of_the_steps(parser):
    assert cli.parse(parser, ["--num_training_steps", "7"]).num_train_steps == 7
    assert cli.parse(parser, ["--num_train_steps", "8"]).num_train_steps == 8


def test_quick_changes_defaults_and_nothing_that_was_asked_for(parser):
    args = cli.parse(parser, ["--quick", "--dataset", "mnist", "--num_train_steps", "9"])
    assert (args.dataset, args.num_train_steps) == ("mnist", 9)
    assert (args.batch_size, args.saving_steps, args.fid_images) == (16, 30, 256)
    assert args.latent_dim == 10


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--latent_dim", "0"], "0 is not possible, expected a whole number of at least 1"),
        (["--batch_size", "many"], "many is not possible, expected a whole number of at least 1"),
        (["--learning_rate", "-1"], "-1 is not possible, expected a number above 0"),
        (["--learning_rate", "fast"], "fast is not possible, expected a number above 0"),
        (["--learning_rate", "nan"], "nan is not possible, expected a number above 0"),
        (["--seed", "-1"], "expected a whole number from 0 to 4294967295"),
        (["--seed", "x"], "expected a whole number from 0 to 4294967295"),
        (["--interpolate", "1"], "expected at least 2 pictures"),
        (["--dataset", "svhn"], "invalid choice: 'svhn'"),
        (["--latent", "3"], "unrecognized arguments: --latent 3"),
    ],
)
def test_a_wrong_flag_is_one_sentence(parser, capsys, flags, words):
    with pytest.raises(SystemExit) as left:
        cli.parse(parser, flags)
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert "python main.py --help" in said


@pytest.mark.parametrize("text", ["1", "-0.1", "x"])
def test_a_fraction_is_below_one(text):
    with pytest.raises(cli.argparse.ArgumentTypeError, match="expected a number from 0 to below 1"):
        cli.fraction(text)
    assert cli.fraction("0.5") == 0.5
