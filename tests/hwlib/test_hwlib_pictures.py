import torch
from PIL import Image

from hwlib.pictures import grid, interpolation, save_png


def test_a_grid_holds_every_image_in_its_place():
    images = torch.arange(4).view(4, 1, 1, 1).expand(4, 1, 6, 6) / 4
    picture = grid(images, columns=2)
    assert picture.dtype == torch.uint8
    assert picture.shape == (3, 2 * 6 + 3 * 2, 2 * 6 + 3 * 2)
    assert [int(picture[0, y, x]) for y in (5, 13) for x in (5, 13)] == [0, 64, 128, 191]


def test_values_out_of_range_are_cut_not_wrapped():
    picture = grid(torch.tensor([-1.0, 2.0]).view(2, 1, 1, 1))
    assert {int(value) for value in picture.unique()} == {0, 64, 255}


def test_a_png_is_enlarged_without_blur(tmp_path):
    save_png(torch.tensor([[[0, 255]]] * 3, dtype=torch.uint8), tmp_path / "a" / "x.png", scale=3)
    image = Image.open(tmp_path / "a" / "x.png")
    assert image.size == (6, 3)
    assert [image.getpixel((x, 1))[0] for x in range(6)] == [0, 0, 0, 255, 255, 255]


def test_an_interpolation_is_a_straight_line_that_goes_on_beyond_its_ends():
    seen = []

    def decode(z):
        seen.append(z)
        return torch.zeros(len(z), 1, 2, 2)

    images = interpolation(decode, (3, 1, 1), 5, torch.device("cpu"), rows=4)
    (z,) = seen
    assert images.shape == (20, 1, 2, 2)
    line = z.view(4, 5, 3)
    # t is -0.5, 0, 0.5, 1, 1.5: the ends are the second and the fourth.
    distance = line[:, 3] - line[:, 1]
    for index, t in enumerate((-0.5, 0, 0.5, 1, 1.5)):
        torch.testing.assert_close(line[:, index], line[:, 1] + t * distance)
    assert float(distance.abs().min()) > 0
