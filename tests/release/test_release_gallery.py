import pytest
import torch
from PIL import Image

from course.gallery import main
from hwlib.pictures import grid, save_png


def finished_run(make_run, folder, latent_dim):
    make_run(folder, latent_dim)
    for name in ("originals", "reconstructions", "samples", "interpolation"):
        save_png(grid(torch.rand(100, 1, 8, 8)), folder / "pictures" / f"{name}.png", scale=1)
    return str(folder)


def test_pictures_are_put_where_handouts_and_readme_show_them(make_run, tmp_path, capsys):
    (tmp_path / "handouts" / "VAE" / "images").mkdir(parents=True)
    (tmp_path / "handouts" / "VAE" / "images" / "9_old.png").write_bytes(b"")
    runs = [finished_run(make_run, tmp_path / f"z{size}", size) for size in (3, 10)]
    main([*runs, "--root", str(tmp_path)])
    assert "9 pictures of 2 runs" in capsys.readouterr().out
    names = sorted(path.name for path in (tmp_path / "handouts" / "VAE" / "images").iterdir())
    assert names == [
        "1_originals.png",
        "20_reconstructions_latent_dim-3.png",
        "21_samples_latent_dim-3.png",
        "22_interpolation_latent_dim-3.png",
        "30_reconstructions_latent_dim-10.png",
        "31_samples_latent_dim-10.png",
        "32_interpolation_latent_dim-10.png",
        "90_curves.png",
    ]
    half = Image.open(tmp_path / "handouts" / "VAE" / "images" / "1_originals.png")
    assert half.height == half.width // 2
    assert (tmp_path / "docs" / "images" / "overview.png").exists()


def test_an_unfinished_run_is_named(make_run, tmp_path, capsys):
    make_run(tmp_path / "x", 3)
    with pytest.raises(SystemExit) as left:
        main([str(tmp_path / "x"), "--root", str(tmp_path)])
    assert left.value.code == 2
    assert "lacks interpolation, originals; run main.py there to its end" in capsys.readouterr().err
