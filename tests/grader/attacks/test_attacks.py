"""Every hostile submission ends in the right verdict, and nothing outside the sandbox is touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from attack import Attack
from attack_cases import ATTACKS
from attack_judge import judge

from grader.sandbox.bubblewrap import Bubblewrap

ROOT = Path(__file__).resolve().parents[3]


def submission(folder: Path, attack: Attack) -> Path:
    """The reference with the attack in it."""
    shutil.copytree(ROOT / "solutions" / "VAE", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name, code in (("VAE.py", attack.vae), ("trainer.py", attack.trainer)):
        path = folder / name
        path.write_text(path.read_text() + "\n\n" + code)
    for name, content in attack.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def test_the_reference_is_right(wall: Bubblewrap, tmp_path: Path) -> None:
    verdict = judge(wall, submission(tmp_path / "VAE", Attack("none", ("right",))))
    assert verdict.kind == "right", verdict.message


def test_there_are_enough_attacks() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 40


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack(wall: Bubblewrap, tmp_path: Path, attack: Attack) -> None:
    verdict = judge(wall, submission(tmp_path / "VAE", attack), attack.timeout)
    assert verdict.kind in attack.verdicts, (verdict.kind, verdict.message, verdict.output[-2000:])
    assert attack.says in verdict.message, verdict.message
