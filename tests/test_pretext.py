"""Corruptions of images that are tasks for pretraining: rectangles, tiles, turns."""

import itertools
import math

import numpy as np
import pytest
import torch
from estimators import quick
from helpers import table
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator

from sklearn_autoencoders import AutoencoderClassifier, DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Jigsaw, Occlusion, QuarterTurns
from sklearn_autoencoders.networks import Convolutional


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(*shape):
    return torch.rand(shape, generator=generator(1), dtype=torch.float64)


def corrupted(part, images):
    """Return a stack of images (batch, channels, height, width) after a corruption."""
    part.check(images[0].numel())
    return part(images.flatten(1), generator()).reshape(images.shape)


# ------------------------------------------------------------------------------- rectangles


@pytest.mark.parametrize("value", [math.nan, -1.0])
@pytest.mark.parametrize(("size", "height", "width"), [(0.5, 4, 6), (0.3, 2, 4), (1.0, 8, 12)])
def test_a_rectangle_of_a_size_is_hidden_at_every_place(size, height, width, value):
    images = pictures(2000, 2, 8, 12)
    found = corrupted(Occlusion((2, 8, 12), "CHW", size, value), images)
    hidden = ~found.eq(images)
    assert torch.equal(hidden[:, 0], hidden[:, 1])
    hidden = hidden[:, 0]
    rows, columns = hidden.any(2), hidden.any(1)
    assert torch.equal(hidden, rows[:, :, None] & columns[:, None])
    assert (rows.sum(1) == height).all()
    assert (columns.sum(1) == width).all()
    for has, length in ((rows, height), (columns, width)):
        first = has.int().argmax(1)
        n_places = has.shape[1] - length + 1
        counts = torch.bincount(first, minlength=n_places).double()
        assert len(counts) == n_places
        assert (counts / 2000 - 1 / n_places).abs().max() < 5 * math.sqrt(1 / n_places / 2000)
        assert (has.diff(dim=1).sum(1) <= 2).all()
    assert (
        found[:, 0][hidden].isnan().all()
        if math.isnan(value)
        else (found[:, 0][hidden] == value).all()
    )


def test_the_sides_of_a_rectangle_are_drawn_from_a_range():
    images = torch.ones(3000, 1, 20, 10)
    hidden = corrupted(Occlusion((1, 20, 10), "CHW", (0.2, 0.6), 0.0), images)[:, 0] == 0
    height, width = hidden.any(2).sum(1), hidden.any(1).sum(1)
    assert set(height.tolist()) == set(range(4, 13))
    assert set(width.tolist()) == set(range(2, 7))
    sides = torch.stack([height, width]).double()
    assert torch.corrcoef(sides)[0, 1].abs() < 5 / math.sqrt(3000)
    assert (sides.mean(1) - torch.tensor([8.0, 4.0])).abs().max() < 0.2


def test_a_rectangle_can_have_the_mean_of_the_image():
    images = pictures(5, 3, 4, 4)
    images[0, 0, :3] = math.nan
    found = corrupted(Occlusion((3, 4, 4), "CHW", 1.0, "mean"), images)
    means = images.nanmean((2, 3), keepdim=True).expand_as(images)
    torch.testing.assert_close(found[~images.isnan()], means[~images.isnan()])
    assert found[images.isnan()].isnan().all()


# ------------------------------------------------------------------------------------ tiles


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_tiles_are_put_in_each_order_equally_often(layout):
    image = torch.arange(2 * 4 * 6.0).reshape(2, 4, 6)
    images = image.expand(4800, -1, -1, -1)
    shaped = images if layout == "CHW" else images.movedim(1, -1)
    part = Jigsaw(tuple(shaped.shape[1:]), layout)
    found = part(shaped.flatten(1), generator()).reshape(shaped.shape)
    found = found if layout == "CHW" else found.movedim(-1, 1)
    counts = dict.fromkeys(itertools.permutations(range(4)), 0)
    tiles = [image[:, i : i + 2, j : j + 3] for i in (0, 2) for j in (0, 3)]
    for own in found:
        places = [own[:, i : i + 2, j : j + 3] for i in (0, 2) for j in (0, 3)]
        order = [[torch.equal(place, tile) for tile in tiles].index(True) for place in places]
        counts[tuple(order)] += 1
    assert abs(np.array([*counts.values()]) - 200).max() < 5 * math.sqrt(200)


def test_rows_and_columns_can_have_different_numbers_of_tiles():
    image = torch.arange(24.0).reshape(1, 1, 4, 6)
    found = corrupted(Jigsaw((4, 6), n_tiles=np.array([4, 1])), image)[0, 0]
    assert sorted(row[0] for row in found.tolist()) == [0, 6, 12, 18]
    assert torch.equal(found.sort(0).values, image[0, 0])


def test_an_image_that_cannot_be_cut_is_refused():
    message = r"n_tiles=3 must divide .* the height is 28, which \[1, 2, 4, 7, 14, 28\] divide\."
    with pytest.raises(ValueError, match=message):
        Jigsaw((28, 27), n_tiles=3).check(28 * 27)
    with pytest.raises(ValueError, match=r"n_tiles=\(1, 4\) .* the width is 6, which"):
        quick(DenoisingAutoencoder, corruption=Jigsaw((1, 6), n_tiles=(1, 4))).fit(table())


# ------------------------------------------------------------------------------------ turns


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_each_quarter_turn_is_equally_likely_and_exact(layout):
    images = pictures(1, 2, 5, 5).expand(2000, -1, -1, -1)
    shaped = images if layout == "CHW" else images.movedim(1, -1)
    part = QuarterTurns(tuple(shaped.shape[1:]), layout)
    found = part(shaped.flatten(1), generator()).reshape(shaped.shape)
    found = found if layout == "CHW" else found.movedim(-1, 1)
    turns = [(found == images[:1].rot90(n, (2, 3))).flatten(1).all(1) for n in range(4)]
    assert torch.stack(turns).sum(0).eq(1).all()
    assert all(abs(turn.double().mean() - 0.25) < 5 * math.sqrt(0.1875 / 2000) for turn in turns)


def test_only_square_images_are_turned():
    with pytest.raises(ValueError, match=r"same height and width; got 2 and 3 .*rotation="):
        quick(DenoisingAutoencoder, corruption=QuarterTurns((2, 3))).fit(table())


# ----------------------------------------------------------------------------- pretraining

IMAGES = (8, 8)
LABELS = load_digits().target


@pytest.mark.parametrize(
    "part",
    [Occlusion(IMAGES), Jigsaw(IMAGES), QuarterTurns(IMAGES)],
    ids=lambda p: type(p).__name__,
)
def test_a_task_is_learned(part, digits):
    """The denoiser is closer to the clean images than the corrupted ones are."""
    X = digits[:600]
    model = DenoisingAutoencoder(32, corruption=part, max_epochs=10, random_state=0).fit(X)
    given = part(torch.from_numpy(X), generator(1)).numpy()
    given_mean = np.where(np.isnan(given), X.mean(0), given)
    assert ((model.transform(given) - X) ** 2).mean() < 0.8 * ((given_mean - X) ** 2).mean()


@pytest.mark.parametrize(
    "part", [Occlusion(IMAGES), Jigsaw(IMAGES), QuarterTurns(IMAGES)], ids=repr
)
def test_a_classifier_is_pretrained_by_a_task(part, digits):
    y = LABELS[:200].copy()
    y[100:] = -1
    network = Convolutional(IMAGES, channels=(4,))
    settings = {"corruption": part, "network": network, "pretraining_epochs": 1}
    assert quick(AutoencoderClassifier, **settings).fit(digits[:200], y).predict(digits[:3]).shape


def test_a_classifier_of_turns_is_an_encoder(digits):
    """The encoder is that of the other task, and only the head is new."""
    images = digits[:200].reshape(-1, *IMAGES)
    turned = np.concatenate([np.rot90(images, n, (1, 2)) for n in range(4)])
    turns = np.repeat(range(4), len(images))
    network = Convolutional(IMAGES, channels=(4,))
    pretext = AutoencoderClassifier(
        8, network=network, pretraining=None, max_epochs=15, learning_rate=1e-2, random_state=0
    ).fit(turned, turns)
    assert pretext.score(turned, turns) > 0.8
    classifier = AutoencoderClassifier(
        encoder=FrozenEstimator(pretext), freeze="all", max_epochs=2, random_state=0
    ).fit(images[:100], LABELS[:100])
    np.testing.assert_allclose(
        classifier.transform(images), pretext.transform(images), rtol=1e-4, atol=1e-4
    )
    assert set(classifier.classes_) == set(range(10))
