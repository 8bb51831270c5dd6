"""The description agrees with the solutions, the flags of main.py, and the warnings of a training."""

import json
import math
from pathlib import Path

import pytest

from course.starter import find_regions
from hwlib import cli
from hwlib.assignment import all_assignments, evaluate, load_assignment
from hwlib.monitor import SYMPTOMS

TRACKS = list(all_assignments(Path(__file__).parents[2] / "handouts"))


@pytest.fixture(params=TRACKS)
def assignment(request, root):
    return load_assignment(root / "handouts" / request.param)


SNIPPET = """
import argparse, json, sys, torch
from torch import nn
import main
from hwlib import cli

TYPES = {"Conv2d": "conv", "ConvTranspose2d": "transposed_conv", "Linear": "linear"}

def flags(parser):
    for action in parser._actions:
        names = [name[2:] for name in action.option_strings if name.startswith("--")]
        if names != ["help"]:
            switch = isinstance(action, argparse._StoreTrueAction)
            kind = type(action.default).__name__ if action.default is not None else None
            yield {"names": names, "default": action.default, "kind": "switch" if switch else kind,
                   "choices": list(action.choices or [])}

def rows(network, x):
    found = []
    def see(layer, inputs, output):
        conv = ("kernel_size", "stride", "padding") if hasattr(layer, "stride") else ()
        geometry = [list(getattr(layer, name)) for name in conv]
        found.append([TYPES[type(layer).__name__], list(output.shape[1:]), *geometry])
    for layer in network.modules():
        if type(layer).__name__ in TYPES:
            layer.register_forward_hook(see)
    network(x)
    return [found, sum(p.numel() for p in network.parameters())]

def networks():
    if "VAE" in sys.modules:
        model = sys.modules["VAE"].VAE(1, 10)
        return {"encoder": rows(model.encoder, torch.rand(2, 1, 32, 32)),
                "decoder": rows(model.decoder, torch.rand(2, 10))}
    GAN = sys.modules["GAN"]
    return {"generator": rows(GAN.Generator(1, 100, 16), torch.rand(2, 100, 1, 1)),
            "discriminator": rows(GAN.Discriminator(1, 16), torch.rand(2, 1, 32, 32))}

def report(parser, argv=None):
    slow = sorted({"torchvision", "torch._dynamo", "sklearn", "matplotlib"} & set(sys.modules))
    print(json.dumps({"slow_imports": slow, "flags": list(flags(parser)), "networks": networks()}))
    raise SystemExit(0)

cli.parse = report
main.main()
"""


@pytest.fixture(scope="module")
def solution(in_track):
    """Per track: the flags that main.py's parser has, and what its layers do to a batch of 2."""
    reports = {}

    def report(track):
        if track not in reports:
            reports[track] = json.loads(in_track(track, SNIPPET))
        return reports[track]

    return report


@pytest.mark.slow
def test_flags_are_those_of_main(assignment, solution):
    found = {flag["names"][0]: flag for flag in solution(assignment.track)["flags"]}
    assert sorted(found) == sorted(flag.name for flag in assignment.run.flags)
    for flag in assignment.run.flags:
        there = found[flag.name]
        assert there["names"] == [flag.name, *flag.aliases]
        assert there["default"] == flag.default, flag.name
        assert there["choices"] == flag.choices, flag.name
        assert there["kind"] in (flag.type, None), flag.name


def test_a_program_starts_without_what_only_some_runs_need(assignment, solution):
    assert solution(assignment.track)["slow_imports"] == []


def test_quick_mode_is_that_of_the_programs(assignment):
    assert assignment.run.quick == cli.QUICK


def test_tracks_describe_shared_flags_in_the_same_words(root):
    vae, gan = (load_assignment(root / "handouts" / track).run for track in TRACKS)
    shared = {flag.name for flag in vae.flags} & {flag.name for flag in gan.flags}
    assert len(shared) > 15
    for name in shared:
        assert vae.flag(name).help == gan.flag(name).help


def test_regions_are_those_of_the_solution(assignment, root):
    found = []
    for file in assignment.files:
        lines = (root / "solutions" / assignment.track / file).read_text(encoding="utf-8").splitlines()
        found += [f"{file}:{region.number}" for region in find_regions(lines, file)]
    assert found == [region.label for region in assignment.regions]


def test_a_blank_region_is_named_as_the_handout_says(assignment, root):
    symptom = assignment.symptom("not_filled_in")
    assert symptom.symptom.en.strip("`") in (
        root / "codes" / assignment.track / f"{assignment.track}.py"
    ).read_text(encoding="utf-8")


def test_warnings_of_a_training_are_the_watched_symptoms(root):
    watched = {}
    for track in TRACKS:
        watched |= {
            s.id: s.symptom.en for s in load_assignment(root / "handouts" / track).symptoms if s.watched
        }
    assert watched == SYMPTOMS


def parameters_by_table(network, settings, bias):
    """How many parameters the layers of a table have."""
    total, before = 0, tuple(evaluate(dim, settings) for dim in network.input)
    for layer in network.layers:
        after = layer.output_shape(settings)
        if layer.type == "linear":
            total += math.prod(before) * math.prod(after) + math.prod(after)
        else:
            total += before[0] * after[0] * layer.kernel**2 + (after[0] if bias else 0)
        total += 2 * after[0] if layer.normalisation == "batch_norm" else 0
        before = after
    return total


def test_numbers_of_parameters_are_those_of_the_tables(assignment):
    assert assignment.parameters
    for count in assignment.parameters:
        bias = assignment.track == "VAE"  # the reference of the GAN has none in its convolutions
        networks = [assignment.network(name) for name in count.networks]
        assert count.count == sum(parameters_by_table(network, count.settings, bias) for network in networks)


def test_the_solution_has_the_tables_volumes_and_parameters(assignment, solution):
    found = solution(assignment.track)["networks"]
    settings = {"num_channels": 1, "latent_dim": 10 if assignment.track == "VAE" else 100, "hidden_dim": 16}
    for network in assignment.networks:
        expected = []
        for layer in network.layers:
            row = [layer.type, list(layer.output_shape(settings))]
            if layer.type == "linear":
                row[1] = [math.prod(row[1])]
            else:
                row += [[value, value] for value in (layer.kernel, layer.stride, layer.padding)]
            expected.append(row)
        assert found[network.id][0] == expected
    for count in assignment.parameters:
        if all(settings[name] == value for name, value in count.settings.items()):
            assert count.count == sum(found[name][1] for name in count.networks)


def test_closed_forms_of_the_losses(root):
    """With all parameters zero, every output is 1/2 and every latent N(0, 1)."""
    losses = {
        loss.id: loss.at_zero
        for track in TRACKS
        for loss in load_assignment(root / "handouts" / track).losses
    }
    log2 = math.log(2)
    expected = {
        "reconstruction_loss": 1024 * log2,
        "kl_loss": 0,
        "discriminator_loss": 2 * log2,
        "generator_loss": log2,
    }
    assert losses == pytest.approx(expected)


def test_layers_evaluate_settings(root):
    layer = load_assignment(root / "handouts/GAN").layer("Gen-1")
    assert layer.output_shape({"hidden_dim": 16}) == (64, 4, 4)
    with pytest.raises(KeyError):
        layer.output_shape({"latent_dim": 100})


def test_spread_of_a_calibration():
    from hwlib.assignment import Calibration, Text

    text = Text(en="x", zh="x")
    calibration = Calibration(text=text, values={1: 10.0, 2: 12.0, 3: 14.0})
    assert (calibration.mean, calibration.spread) == (12.0, 2.0)
    assert (Calibration(text=text).mean, Calibration(text=text).spread) == (None, None)
    assert Calibration(text=text, values={1: 10.0}).spread is None
