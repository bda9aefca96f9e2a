"""Corruptions: random draws, unchanged values and invalid parameters."""

import colorsys
import io
import math
import re

import numpy as np
import pytest
import torch
from helpers import snapshot
from sklearn.base import clone

from sklearn_autoencoders.corruptions import (
    CORRUPTIONS,
    Corruption,
    Dropout,
    Gaussian,
    ImageAugmentation,
    Jigsaw,
    Masking,
    Occlusion,
    QuarterTurns,
    SaltAndPepper,
    Swap,
    Typo,
    corrupt,
)

STRENGTHS = {
    "rotation": 20.0,
    "shift": 0.2,
    "shear": 10.0,
    "zoom": 0.2,
    "brightness": 0.2,
    "jpeg_quality": (20, 60),
    "pixel_shift": 2,
}
COLORS = {"hue": 0.3, "saturation": 0.5}
ALONE = [ImageAugmentation((3, 4), **{name: value}) for name, value in STRENGTHS.items()]
DEFAULTS = [cls() for cls in CORRUPTIONS.values()]
PARTS = [
    *DEFAULTS,
    Gaussian(std=(0.1, 0.5), clip=(0, 1)),
    Masking(rate=(0.2, 0.5), value=0.0),
    Typo(rate=0.2, symbols=["a", "b", "c"]),
    Typo(rate=(0.1, 0.3), keyboard=False, symbols=["a", " "]),
    *ALONE,
    ImageAugmentation((3, 4), **STRENGTHS),
    *(ImageAugmentation((2, 2, 3), **{name: value}) for name, value in COLORS.items()),
    Occlusion((3, 4)),
    Occlusion((2, 2, 3), size=(0.4, 1.0), value=0.25),
    Occlusion((3, 2, 2), "CHW", value="mean"),
    Jigsaw((2, 2, 3)),
    Jigsaw((3, 4), n_tiles=(3, 2)),
    QuarterTurns((2, 2, 3)),
]
NOTHING = [
    Gaussian(std=0),
    Gaussian(std=(0, 0)),
    Masking(rate=0),
    SaltAndPepper(rate=0),
    Dropout(rate=0),
    Dropout(rate=(0, 0)),
    Swap(rate=0),
    Typo(rate=0, symbols=["a", "b"]),
    ImageAugmentation((3, 4)),
    ImageAugmentation((2, 3, 2), layout="CHW"),
    ImageAugmentation((3, 4), rotation=(0, 0), brightness=(0.0, 0.0)),
    ImageAugmentation((2, 2, 3), pixel_shift=(0, 0), hue=(0, 0), saturation=(0.0, 0.0)),
    Occlusion((3, 4), size=0),
    Jigsaw((3, 4), n_tiles=1),
]


def named(part):
    return getattr(part, "__name__", repr(part)).replace("\n", "").replace(" ", "")


MOVING = (ImageAugmentation, Jigsaw, QuarterTurns, Typo)  # they move missing values, or ignore them
every_part = pytest.mark.parametrize("part", PARTS, ids=named)
every_cell_part = pytest.mark.parametrize(
    "part", [p for p in PARTS if not isinstance(p, MOVING)], ids=named
)
every_dtype = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


def generator(seed=0, device="cpu"):
    return torch.Generator(device).manual_seed(seed)


def rows(n_rows=50, n_features=12, dtype=torch.float32, seed=1):
    return torch.rand(n_rows, n_features, dtype=dtype, generator=generator(seed))


def with_missing_values(x):
    return x.masked_fill(rows(*x.shape, seed=2) < 0.2, math.nan)


def same(a, b):
    return torch.equal(a.isnan(), b.isnan()) and torch.equal(a.nan_to_num(), b.nan_to_num())


def fraction_of(mask):
    return mask.double().mean().item()


def about(expected, n_draws):
    """Return a fraction with a tolerance of five standard deviations of a mean of n draws."""
    return pytest.approx(expected, abs=5 * math.sqrt(expected * (1 - expected) / n_draws))


# ------------------------------------------------------------------------- every corruption


@every_part
@every_dtype
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("n_rows", [1, 2, 50])
def test_a_new_tensor_of_the_same_kind(part, dtype, shared, n_rows):
    x = with_missing_values(rows(n_rows, dtype=dtype))
    before = x.clone()
    corrupted = part(x, generator(), shared=shared)
    assert (corrupted.shape, corrupted.dtype) == (x.shape, dtype)
    assert same(x, before)
    corrupted.fill_(7)
    assert same(x, before), "shares memory with its input"


@every_part
def test_something_is_changed(part):
    x = rows()
    assert not torch.equal(part(x, generator()), x)


@every_part
@pytest.mark.parametrize("shared", [False, True])
def test_the_generator_alone_decides(part, shared):
    x, source = rows(), generator()
    before = snapshot()
    first, second = (part(x, source, shared=shared) for _ in range(2))
    assert snapshot() == before
    assert same(first, part(x, generator(), shared=shared))
    assert not same(first, second)


@pytest.mark.parametrize("part", [p for p in PARTS if not isinstance(p, Swap)], ids=named)
def test_a_shared_draw_treats_equal_samples_equally(part):
    x = rows(1).expand(50, -1).contiguous()
    shared, apart = (part(x, generator(), shared=shared) for shared in (True, False))
    assert same(shared, shared[:1].expand(50, -1))
    assert not same(apart, apart[:1].expand(50, -1))


@pytest.mark.parametrize("part", NOTHING, ids=named)
@pytest.mark.parametrize("shared", [False, True])
def test_no_strength_is_the_identity(part, shared):
    x = with_missing_values(4 * rows() - 2)
    corrupted = part(x, generator(), shared=shared)
    assert same(corrupted, x)
    corrupted.fill_(7)
    assert not (x == 7).any(), "shares memory with its input"


@every_cell_part
@pytest.mark.parametrize("shared", [False, True])
def test_missing_values_stay_missing(part, shared):
    x = with_missing_values(rows())
    corrupted = part(x, generator(), shared=shared)
    assert corrupted[x.isnan()].isnan().all()
    value = getattr(part, "value", 0.0)
    if value == "mean" or not math.isnan(value):
        assert not corrupted[~x.isnan()].isnan().any()


@every_part
def test_parameters_are_plain(part):
    copy = clone(part)
    assert named(copy) == named(part)
    assert copy.get_params().keys() == part.get_params().keys()
    name, value = next(iter(part.get_params().items()))
    assert copy.set_params(**{name: value}) is copy
    assert getattr(copy, name) is value


@every_part
def test_every_parameter_is_checked(part):
    part._validate_params()
    for name in part.get_params():
        broken = clone(part).set_params(**{name: "nonsense"})
        with pytest.raises(ValueError, match=rf"'{name}' parameter of .* Got 'nonsense'"):
            broken._validate_params()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an accelerator")
@every_part
def test_an_accelerator_is_kept_to(part):
    x = with_missing_values(rows()).cuda()
    corrupted = part(x, generator(device="cuda"))
    assert corrupted.device == x.device
    assert corrupted.shape == x.shape


# ------------------------------------------------------------------------------------ noise


@every_dtype
@pytest.mark.parametrize("shared", [False, True])
def test_gaussian_noise_is_normal(dtype, shared):
    x = 10 * rows(1 if shared else 100, 2000, dtype=dtype)
    noise = (Gaussian(std=0.3)(x, generator(), shared=shared) - x) / 0.3
    n = noise.numel()
    assert noise.mean().item() == pytest.approx(0, abs=5 / math.sqrt(n))
    assert noise.std().item() == pytest.approx(1, abs=5 / math.sqrt(2 * n))
    assert fraction_of(noise.abs() < 1) == about(0.6827, n)
    assert fraction_of(noise.abs() < 2) == about(0.9545, n)


def test_gaussian_noise_is_clipped_after_it_is_added():
    x = rows(100)
    free, clipped = (Gaussian(1.0, clip=clip)(x, generator()) for clip in (None, (-0.5, 1.25)))
    assert torch.equal(clipped, free.clamp(-0.5, 1.25))
    assert clipped.min() == -0.5
    assert clipped.max() == 1.25


@pytest.mark.parametrize("value", [math.nan, 0.0, -3.5])
def test_masking_replaces_a_fraction_of_the_values(value):
    x = rows(500, 40)
    masked = Masking(rate=0.3, value=value)(x, generator())
    changed = masked != x
    assert fraction_of(changed) == about(0.3, x.numel())
    assert same(masked[changed], torch.full_like(masked[changed], value))


def test_salt_and_pepper_come_in_equal_parts():
    x = rows(500, 40)
    seasoned = SaltAndPepper(rate=0.3, low=-2.0, high=5.0)(x, generator())
    assert fraction_of(seasoned == -2) == about(0.15, x.numel())
    assert fraction_of(seasoned == 5) == about(0.15, x.numel())
    assert fraction_of(seasoned == x) == about(0.7, x.numel())


def test_dropout_keeps_the_mean():
    x = 1 + rows(500, 40, dtype=torch.float64)
    thinned = Dropout(rate=0.4)(x, generator())
    assert fraction_of(thinned == 0) == about(0.4, x.numel())
    torch.testing.assert_close(thinned[thinned != 0], x[thinned != 0] / 0.6)


def test_dropout_of_nearly_everything_is_finite():
    part = Dropout(rate=math.nextafter(1, 0))
    part._validate_params()
    assert torch.equal(part(rows(), generator()), torch.zeros(50, 12))


# ------------------------------------------------------------------------------------- swap


def numbered(n_rows, n_features):
    """Return a matrix with the values 1000 * column + row."""
    return torch.arange(n_rows)[:, None] + 1000.0 * torch.arange(n_features)


def test_swapped_values_come_from_other_samples_of_the_feature():
    x = numbered(5, 4000)
    swapped = Swap(rate=0.3)(x, generator())
    columns, donors = swapped.div(1000, rounding_mode="floor"), swapped % 1000
    assert torch.equal(columns, torch.arange(4000.0).expand(5, -1))
    assert fraction_of(swapped != x) == about(0.3, x.numel())
    for row in range(5):
        for other in set(range(5)) - {row}:
            assert fraction_of(donors[row] == other) == about(0.3 / 4, 4000)


def test_every_value_can_be_swapped():
    x = numbered(5, 100)
    assert (Swap(rate=1)(x, generator()) != x).all()


def test_a_shared_swap_rolls_entire_features():
    x = numbered(5, 4000)
    swapped = Swap(rate=0.3)(x, generator(), shared=True)
    assert torch.equal(swapped.sort(0).values, x)
    changed = swapped != x
    assert torch.equal(changed.all(0), changed.any(0))
    assert fraction_of(changed[0]) == about(0.3, 4000)


@pytest.mark.parametrize("shared", [False, True])
def test_a_swap_neither_creates_nor_fills_missing_values(shared):
    x = with_missing_values(rows())
    swapped = Swap(rate=1)(x, generator(), shared=shared)
    assert torch.equal(swapped.isnan(), x.isnan())
    assert not same(swapped, x)


def test_a_single_sample_is_not_swapped():
    x = rows(1)
    assert torch.equal(Swap(rate=1)(x, generator()), x)


# ----------------------------------------------------------------------------------- ranges


def _spread(noisy, x):
    return (noisy - x).std(1)


def _changed(noisy, x):
    return (noisy != x).double().mean(1)


@pytest.mark.parametrize(
    ("part", "strength"),
    [
        (Gaussian(std=(0.2, 0.8)), _spread),
        (Masking(rate=(0.2, 0.8)), _changed),
        (SaltAndPepper(rate=(0.2, 0.8)), _changed),
        (Swap(rate=(0.2, 0.8)), _changed),
        (Dropout(rate=(0.2, 0.8)), lambda noisy, x: (noisy == 0).double().mean(1)),
    ],
    ids=named,
)
def test_the_strength_of_every_sample_is_drawn_from_a_range(part, strength):
    x = 0.001 + rows(500, 2000, dtype=torch.float64)
    found = strength(part(x, generator()), x).sort().values
    expected = torch.linspace(0.2, 0.8, 500, dtype=torch.float64)
    assert (found - expected).abs().max() < 0.08  # Kolmogorov and Smirnov's test at 1e-4
    shared = strength(part(x, generator(), shared=True), x)
    assert shared.std() < 0.01


def test_dropout_scales_by_the_rate_of_the_sample():
    x = torch.ones(500, 2000, dtype=torch.float64)
    thinned = Dropout(rate=(0.2, 0.8))(x, generator())
    rate = 1 - 1 / thinned.max(1).values
    assert ((thinned == 0).double().mean(1) - rate).abs().max() < 0.06


# ------------------------------------------------------------------------------ images: maps


def turned(images, **strengths):
    """Return a stack of images (batch, channels, height, width) after an augmentation."""
    part = ImageAugmentation(tuple(images.shape[1:]), layout="CHW", **strengths)
    part._validate_params()
    part.check(images[0].numel())
    return part(images.flatten(1), generator()).reshape(images.shape)


def pictures(*shape, dtype=torch.float32):
    return torch.rand(shape, dtype=dtype, generator=generator(3))


def compass(n_images, height, width):
    """Return images whose two channels are the distances from the center, in pixels."""
    right = torch.arange(width, dtype=torch.float64) - (width - 1) / 2
    down = torch.arange(height, dtype=torch.float64) - (height - 1) / 2
    image = torch.stack(torch.meshgrid(right, down, indexing="xy"))
    return image.expand(n_images, -1, -1, -1).contiguous()


@every_dtype
@pytest.mark.parametrize("quarters", [-1, 1, 2, 3])
def test_a_rotation_by_quarters_is_exact(quarters, dtype):
    images = pictures(2, 3, 7, 7, dtype=dtype)
    found = turned(images, rotation=(90 * quarters, 90 * quarters))
    torch.testing.assert_close(found, images.rot90(quarters, (2, 3)), atol=5e-6, rtol=0)


def test_a_shift_is_a_fraction_of_height_or_width():
    images = pictures(2, 1, 8, 12)
    found = turned(images, shift=(0.25, 0.25))
    torch.testing.assert_close(found[..., 2:, 3:], images[..., :-2, :-3], atol=5e-6, rtol=0)
    torch.testing.assert_close(found[..., :2, 3:], images[..., :1, :-3].expand(-1, -1, 2, -1))


@pytest.mark.parametrize("strength", ["rotation", "shift", "shear", "zoom"])
def test_a_small_strength_has_a_small_effect(strength):
    images = pictures(3, 2, 9, 5, dtype=torch.float64)
    torch.testing.assert_close(turned(images, **{strength: 1e-9}), images, atol=1e-6, rtol=0)


@pytest.mark.parametrize("angle", [0, 35])
@pytest.mark.parametrize("shear", [0, 20])
@pytest.mark.parametrize("zoom", [-0.2, 0.5])
def test_maps_are_affine_in_pixels(angle, shear, zoom):
    height, width = 24, 41
    found = turned(
        compass(1, height, width), rotation=(angle,) * 2, shear=(shear,) * 2, zoom=(zoom,) * 2
    )[0]
    turn, lean = math.radians(angle), math.tan(math.radians(shear))
    # coordinates to the right and downwards, in which a counterclockwise angle is negative
    rotated = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    forward = rotated @ np.array([[1, lean], [0, 1]]) * (1 + zoom)
    source = np.einsum("ij,jhw->ihw", np.linalg.inv(forward), compass(1, height, width)[0].numpy())
    inside = (abs(source) <= np.array([width - 1, height - 1])[:, None, None] / 2).all(0)
    assert inside.sum() > 100
    np.testing.assert_allclose(found.numpy()[:, inside], source[:, inside], atol=1e-9)


MEASURES = {
    "rotation": lambda right, down: torch.atan2(down[1] - down[0], right[1] - right[0]).rad2deg(),
    "shear": lambda right, down: torch.atan(right[0] - right[2]).rad2deg(),
    "zoom": lambda right, down: 1 / (right[1] - right[0]) - 1,
}


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("bounds", [0.3, (0.1, 0.4)])
def test_every_image_has_a_separate_strength(name, bounds):
    found = turned(compass(500, 6, 6), **{name: bounds})
    here, beside, below = found[..., 2, 2], found[..., 2, 3], found[..., 3, 2]
    right, down = (torch.stack([p[:, axis] for p in (here, beside, below)]) for axis in (0, 1))
    low, high = bounds if isinstance(bounds, tuple) else (-bounds, bounds)
    measured = MEASURES[name](right, down).sort().values
    expected = torch.linspace(low, high, 500, dtype=torch.float64)
    assert (measured - expected).abs().max() < 0.1 * (high - low)
    assert measured.min() >= low
    assert measured.max() <= high


def test_the_two_shifts_of_an_image_are_drawn_apart():
    found = turned(compass(500, 20, 10), shift=0.2)
    right, down = -found[..., 9:11, 4:6].mean((2, 3)).T
    for shift, size in ((right, 10), (down, 20)):
        expected = torch.linspace(-0.2, 0.2, 500, dtype=torch.float64)
        assert (shift.sort().values / size - expected).abs().max() < 0.04
    assert torch.corrcoef(torch.stack([right, down]))[0, 1].abs() < 5 / math.sqrt(500)


def test_missing_pixels_move_with_the_image():
    images = with_missing_values(pictures(2, 49)).reshape(2, 1, 7, 7)
    found, expected = turned(images, rotation=(90, 90)), images.rot90(1, (2, 3))
    torch.testing.assert_close(found, expected, equal_nan=True, atol=5e-6, rtol=0)


def test_missing_pixels_do_not_bleed():
    images = with_missing_values(torch.ones(5, 400)).reshape(5, 1, 20, 20)
    found = turned(images, rotation=30.0, zoom=0.2)
    assert 0.1 < fraction_of(found.isnan()) < 0.3
    torch.testing.assert_close(found[~found.isnan()], torch.ones(int((~found.isnan()).sum())))


@pytest.mark.parametrize("steps", [-7, -2, 0, 1, 6])
def test_a_shift_by_whole_pixels_rolls_the_image_and_repeats_its_edge(steps):
    images = pictures(3, 2, 5, 7).numpy()
    found = turned(torch.from_numpy(images), pixel_shift=(steps, steps)).numpy()
    padded = np.pad(images, [(0, 0), (0, 0), (9, 9), (9, 9)], mode="edge")
    expected = np.roll(padded, (steps, steps), (2, 3))[..., 9:-9, 9:-9]
    np.testing.assert_array_equal(found, expected)


def test_every_image_is_shifted_by_draws_of_its_own():
    images = compass(900, 9, 9)
    right, down = -turned(images, pixel_shift=(-1, 3))[..., 4, 4].T
    for found in (right, down):
        assert set(found.tolist()) == {-1, 0, 1, 2, 3}
        assert fraction_of(found == 3) == about(0.2, 900)
    assert fraction_of(right == down) == about(0.2, 900)


# ------------------------------------------------------------------------------ images: colors


@pytest.mark.parametrize("turn", [-1, 1])
def test_a_whole_turn_of_the_hue_is_the_identity(turn):
    images = 6 * pictures(4, 3, 5, 6, dtype=torch.float64) - 2
    torch.testing.assert_close(turned(images, hue=(turn, turn)), images)


def test_a_third_of_a_turn_makes_red_green_and_green_blue():
    images = pictures(4, 3, 5, 6, dtype=torch.float64)
    found = turned(images, hue=(1 / 3, 1 / 3))
    torch.testing.assert_close(found, images.roll(1, 1))


def test_a_hue_is_that_of_colorsys():
    images = pictures(2, 3, 4, 5, dtype=torch.float64)
    found = turned(images, hue=(0.2, 0.2)).movedim(1, -1).reshape(-1, 3)
    for pixel, own in zip(images.movedim(1, -1).reshape(-1, 3), found, strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*pixel.tolist())
        expected = colorsys.hsv_to_rgb((hue + 0.2) % 1, saturation, value)
        assert own.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("name", COLORS)
def test_gray_images_have_no_color_to_change(name):
    images = pictures(4, 1, 5, 6, dtype=torch.float64).expand(-1, 3, -1, -1)
    torch.testing.assert_close(turned(images, **{name: COLORS[name]}), images)


def test_no_saturation_is_the_luma():
    images = pictures(3, 3, 4, 5, dtype=torch.float64)
    luma = 0.299 * images[:, 0] + 0.587 * images[:, 1] + 0.114 * images[:, 2]
    found = turned(images, saturation=(-1, -1))
    torch.testing.assert_close(found, luma[:, None].expand_as(images))
    doubled = turned(images, saturation=(1, 1))
    torch.testing.assert_close(doubled, (2 * images - luma[:, None]).clamp(0, 1))


@pytest.mark.parametrize("name", COLORS)
def test_a_color_with_a_missing_channel_is_left_alone(name):
    images = with_missing_values(pictures(3, 48)).reshape(3, 3, 4, 4)
    found, complete = (turned(x, **{name: 0.4}) for x in (images, images.nan_to_num(nan=0.5)))
    is_missing = images.isnan().any(1, keepdim=True).expand_as(images)
    assert same(found[is_missing], images[is_missing])
    assert torch.equal(found[~is_missing], complete[~is_missing])


@pytest.mark.parametrize("name", COLORS)
def test_colors_need_three_channels(name):
    part = ImageAugmentation((3, 4), **{name: 0.1})
    with pytest.raises(ValueError, match=rf"{name}=0\.1.* red, green and blue; .* has 1\. Set"):
        part.check(12)
    ImageAugmentation((4, 3), "CHW", hue=(0, 0)).check(12)
    ImageAugmentation((3, 2, 2), "CHW", **{name: 0.1}).check(12)


# ---------------------------------------------------------------- images: brightness and JPEG


def test_brightness_adds_a_fraction_of_the_range_to_an_image():
    images = torch.full((500, 3, 2, 2), 100.0, dtype=torch.float64)
    offsets = turned(images, brightness=0.3, value_range=(0, 255)) - 100
    assert torch.equal(offsets, offsets[:, :1, :1, :1].expand_as(offsets))
    expected = torch.linspace(-0.3, 0.3, 500, dtype=torch.float64)
    assert (offsets[:, 0, 0, 0].sort().values / 255 - expected).abs().max() < 0.06


def test_brightness_is_clamped():
    images = pictures(1, 1, 8, 8)
    found = turned(images, brightness=(0.4, 0.4))
    torch.testing.assert_close(found, (images + 0.4).clamp(max=1))


def picture(height, width):
    """Return an image with edges, slopes and noise, with integer gray levels."""
    down, right = np.mgrid[:height, :width]
    grain = np.random.RandomState(0).randn(height, width)
    levels = 128 + 70 * np.sin(right / 5 + down / 9) + 50 * (right > width / 2) + 8 * grain
    return levels.clip(0, 255).astype(np.uint8)


def compressed(levels, quality):
    """Return an image of gray levels after the compression of this package."""
    x = torch.tensor(levels / 255).reshape(1, -1)
    part = ImageAugmentation(levels.shape, jpeg_quality=quality)
    return 255 * part(x, generator()).reshape(levels.shape).numpy()


@pytest.mark.parametrize("shape", [(32, 48), (29, 43), (5, 3)])
@pytest.mark.parametrize("quality", [1, 10, 30, 50, 75, 90])
def test_compression_is_that_of_a_jpeg_file(shape, quality):
    image = pytest.importorskip("PIL.Image")
    levels, file = picture(*shape), io.BytesIO()
    image.fromarray(levels).save(file, "JPEG", quality=quality)
    expected = np.asarray(image.open(file)).astype(float)
    distance = abs(compressed(levels, quality) - expected)
    # a file stores integer levels; its library rounds some steps differently
    assert fraction_of(torch.tensor(distance > 0.75)) < 0.3
    assert distance.mean() < 0.25 * abs(expected - levels).mean()


def test_the_best_quality_is_nearly_the_identity():
    levels = picture(32, 48)
    assert abs(compressed(levels, 100) - levels).max() < 1.5


def test_a_lower_quality_loses_more():
    levels = picture(32, 48)
    errors = [abs(compressed(levels, q) - levels).mean() for q in (100, 90, 70, 50, 30, 10, 1)]
    assert errors == sorted(errors)
    assert len(set(errors)) == len(errors)


def test_a_flat_image_survives_a_fair_quality():
    levels = np.full((9, 17), 200, dtype=np.uint8)
    np.testing.assert_allclose(compressed(levels, 50), levels, atol=1)


def test_every_image_has_a_separate_quality():
    images = pictures(1, 1, 8, 8, dtype=torch.float64).expand(40, -1, -1, -1).contiguous()
    fixed = torch.cat([turned(images[:1], jpeg_quality=quality) for quality in range(10, 14)])
    found = turned(images, jpeg_quality=(10, 13))
    distances = (found[:, None] - fixed[None]).abs().flatten(2).amax(2)
    assert (distances.min(1).values < 1e-12).all()
    assert set(distances.argmin(1).tolist()) == {0, 1, 2, 3}


def test_compression_takes_channels_one_by_one():
    images = pictures(2, 3, 9, 10, dtype=torch.float64)
    channels = [turned(channel, jpeg_quality=20) for channel in images.split(1, 1)]
    torch.testing.assert_close(turned(images, jpeg_quality=20), torch.cat(channels, 1))


def test_compression_has_the_units_of_the_pixels():
    images = pictures(2, 1, 9, 10, dtype=torch.float64)
    found = turned(images, jpeg_quality=20)
    moved = turned(3 * images - 1, jpeg_quality=20, value_range=(-1, 2))
    torch.testing.assert_close(moved, 3 * found - 1)
    assert found.min() >= 0
    assert found.max() <= 1


def test_compression_clamps_its_input():
    images = 3 * pictures(2, 1, 9, 10) - 1
    found = turned(images, jpeg_quality=20)
    assert torch.equal(found, turned(images.clamp(0, 1), jpeg_quality=20))


def test_missing_pixels_stay_missing_in_a_compression():
    images = with_missing_values(pictures(2, 90)).reshape(2, 1, 9, 10)
    assert torch.equal(turned(images, jpeg_quality=20).isnan(), images.isnan())


# -------------------------------------------------------------------------- images: layouts


@pytest.mark.parametrize("name", STRENGTHS)
@pytest.mark.parametrize("sizes", [(3, 5, 7), (1, 9, 4)])
def test_both_layouts_are_the_same_images(name, sizes):
    images = pictures(4, *sizes, dtype=torch.float64)
    channels_last = images.permute(0, 2, 3, 1)
    part = ImageAugmentation(tuple(channels_last.shape[1:]), **{name: STRENGTHS[name]})
    found = part(channels_last.flatten(1), generator()).reshape(channels_last.shape)
    torch.testing.assert_close(found.permute(0, 3, 1, 2), turned(images, **{name: STRENGTHS[name]}))


def test_two_sizes_are_one_channel():
    images = pictures(4, 5, 7).flatten(1)
    flat, deep = (ImageAugmentation(s, **STRENGTHS) for s in ((5, 7), (5, 7, 1)))
    assert torch.equal(flat(images, generator()), deep(images, generator()))


# ---------------------------------------------------------------------------------- corrupt


def double(x, generator):
    return 2 * x


def increase(x, generator):
    x += 1
    return x


def test_corruptions_are_applied_in_order():
    x = rows()
    assert torch.equal(corrupt([double, increase], x, generator(), shared=False), 2 * x + 1)
    assert torch.equal(corrupt([increase, double], x, generator(), shared=False), 2 * (x + 1))
    assert torch.equal(x, rows())


def test_no_corruption_is_the_identity():
    x = rows()
    assert torch.equal(corrupt([], x, generator(), shared=True), x)


@pytest.mark.parametrize("shared", [False, True])
def test_one_generator_serves_all_corruptions(shared):
    x, source = rows(), generator()
    parts = [Gaussian(), Masking()]
    expected = parts[1](parts[0](x, source, shared=shared), source, shared=shared)
    assert same(corrupt(parts, x, generator(), shared=shared), expected)


class Told(Corruption):
    """Returns the argument `shared`."""

    def __call__(self, x, generator, *, shared=False):
        return torch.full_like(x, shared)


@pytest.mark.parametrize("shared", [False, True])
def test_user_defined_corruptions_receive_shared(shared):
    Told()._validate_params()
    assert (corrupt([Told()], rows(), generator(), shared=shared) == shared).all()


@pytest.mark.parametrize(
    ("corruption", "error", "message"),
    [
        (lambda x, generator: None, TypeError, "NoneType"),
        (lambda x, generator: x.numpy(), TypeError, "ndarray"),
        (lambda x, generator: x[:, :3], ValueError, r"\(50, 12\).*\(50, 3\)"),
        (lambda x, generator: x.double(), ValueError, "float32.*float64"),
    ],
)
def test_a_wrong_result_is_named(corruption, error, message):
    with pytest.raises(error, match=f"corruption must return .*{message}"):
        corrupt([double, corruption], rows(), generator(), shared=False)


# ----------------------------------------------------------------------------------- errors


IMAGE = ImageAugmentation((3, 4))

REFUSED = [
    *((Gaussian(), "std", bad) for bad in (-0.1, math.inf, math.nan, None, True, (0.3, 0.1))),
    *((Gaussian(), "clip", bad) for bad in (1.0, (1, 0), (0, 0), (0, math.nan), (0, 1, 2))),
    *((part, "rate", bad) for part in DEFAULTS[1:] for bad in (-0.1, 1.1, (0, 2), (0.1,), "x")),
    (Dropout(), "rate", 1.0),
    (Dropout(), "rate", (0.5, 1)),
    (Masking(), "value", math.inf),
    (SaltAndPepper(), "low", math.nan),
    (SaltAndPepper(), "high", None),
    *((IMAGE, "image_shape", bad) for bad in (12, (12,), (3, 4.0), (0, 4), None)),
    (IMAGE, "layout", "WHC"),
    *((IMAGE, "rotation", bad) for bad in (-5, 361, (10, -10))),
    *((IMAGE, name, bad) for name in ("shift", "brightness") for bad in (-0.1, 1.1, (-2, 0))),
    *((IMAGE, "shear", bad) for bad in (90, -1, (0, 90))),
    *((IMAGE, "zoom", bad) for bad in (1.0, -0.1, (-1, 0))),
    *((IMAGE, "jpeg_quality", bad) for bad in (0, 101, 50.0, True, (60, 20), (0, 50))),
    *((IMAGE, "pixel_shift", bad) for bad in (-1, 0.5, True, (2, 1), (0, 1.5))),
    *((IMAGE, name, bad) for name in ("hue", "saturation") for bad in (-0.1, 1.1, (-2, 0))),
    *((Occlusion((3, 4)), "size", bad) for bad in (-0.1, 1.1, (0.5, 0.2))),
    *((Occlusion((3, 4)), "value", bad) for bad in (math.inf, "median", None)),
    *((Jigsaw((3, 4)), "n_tiles", bad) for bad in (0, 1.5, (2,), (2, 0), (1, 2, 3))),
    *((QuarterTurns((3, 3)), "image_shape", bad) for bad in (9, (9,), (0, 9))),
    *((IMAGE, "value_range", bad) for bad in (None, (1, 0), (0, 0), (0, math.inf))),
]


@pytest.mark.parametrize(("part", "name", "value"), REFUSED, ids=str)
def test_an_invalid_parameter_is_named(part, name, value):
    broken = clone(part).set_params(**{name: value})
    got = re.escape(repr(value))
    message = rf"'{name}' parameter of {type(part).__name__} must be .* Got {got} instead"
    with pytest.raises(ValueError, match=message):
        broken._validate_params()


@pytest.mark.parametrize("number", [np.float64(0.5), np.float32(0.5), np.int64(0)])
def test_numbers_of_a_grid_are_accepted(number):
    for part in (Gaussian(number), Masking(number, number), Swap((number, 0.5))):
        part._validate_params()
        assert part(rows(), generator()).dtype == torch.float32


@pytest.mark.parametrize("n_features", [11, 13])
def test_the_number_of_pixels_is_the_number_of_features(n_features):
    message = rf"image_shape=\(3, 4\) requires X with 12 features.*; got {n_features}\."
    for part in (IMAGE, Occlusion((3, 4)), Jigsaw((3, 4)), QuarterTurns((3, 4))):
        with pytest.raises(ValueError, match=message):
            part.check(n_features)
