"""Digits of MNIST drawn pixel by pixel, and whether a classifier recognizes them.

    python benchmarks/pixels.py [--images 20000] [--epochs 3] [--batch 16] [--rate 3e-3]
        [--channels 32] [--layers 6] [--components 64] [--without-class] [--draws 500] [--choice]

Pixels are 0 or 1 (above one half). `AutoregressiveGenerator` with `CausalConvolutional` is fitted
to the first training images; the class is the first value of a sample, unless `--without-class`.
Measured are, with one thread, the nats of a test image with its class, and what a judge says about
drawn images, as many of each class:

* recognized: it finds the class that was asked for most probable (without classes: any class with a
  probability of at least .9);
* confident: it gives this class a probability of at least .9.

The judge is a small convolutional classifier that has seen other images: the last 30 000 of the
training set. It judges the real test images too, and images whose pixels are drawn independently
with the frequencies of the class: it recognizes these as well, although they look like no digit.
The mean number of pixels in which an image differs from the nearest training image tells them from
digits, and drawn images from copies.

Settings are compared by nats of the training images 30 000 to 31 000 (`--choice`), which the
generator has not seen, never by the judge or the test set.
"""

import argparse
import time

import numpy as np
import torch
from _data import header, mnist
from torch import nn

from sklearn_autoencoders import AutoregressiveGenerator
from sklearn_autoencoders.networks import CausalConvolutional

SIDE, N_CLASSES, CONFIDENT = 28, 10, 0.9


def binary(images):
    """Return images whose pixels are 0 or 1."""
    return (images > 0.5).astype(np.float32)


def samples(images, classes, with_class):
    """Return binary images, after their classes if these are given to the generator."""
    pixels = binary(images)
    return np.column_stack([classes, pixels]).astype(np.float32) if with_class else pixels


def judge_of(images, classes, seed=0):
    """Return a function that gives the probabilities of the classes of binary images."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Unflatten(1, (1, SIDE, SIDE)),
        *(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(32 * 7 * 7, 64), nn.ReLU(), nn.Dropout(0.3)),
        nn.Linear(64, N_CLASSES),
    )
    x, y = torch.tensor(images), torch.tensor(classes).long()
    batches = [batch for _ in range(4) for batch in torch.randperm(len(x)).split(128)]
    optimizer = torch.optim.Adam(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=len(batches))
    for batch in batches:
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
        optimizer.step()
        schedule.step()
    network.eval().requires_grad_(False)
    return lambda drawn: network(torch.tensor(drawn)).softmax(1).numpy()


def judged(probabilities, classes):
    """Return the shares of recognized and of confidently recognized images."""
    if classes is None:
        share = (probabilities.max(1) >= CONFIDENT).mean()
        return share, share
    own = probabilities[np.arange(len(classes)), classes]
    return (probabilities.argmax(1) == classes).mean(), (own >= CONFIDENT).mean()


def drawn_images(generator, n_draws, with_class, temperature):
    """Return drawn images, as many of each class if classes can be asked for."""
    if not with_class:
        return generator.sample(n_draws, random_state=0, temperature=temperature)
    drawn = [
        generator.sample(n_draws // N_CLASSES, k, prompt=[k], temperature=temperature)
        for k in range(N_CLASSES)
    ]
    return (np.vstack(drawn)[:, 1:] > 0).astype(np.float32)


def independent_pixels(images, classes, n_each):
    """Return images whose pixels are drawn with their frequencies in the class."""
    rng = np.random.RandomState(0)
    means = np.array([images[classes == k].mean(0) for k in range(N_CLASSES)])
    chances = np.repeat(means, n_each, axis=0)
    return (rng.random_sample(chances.shape) < chances).astype(np.float32)


def pixels_to_nearest(images, others):
    """Return the mean number of pixels in which images differ from the nearest other one."""
    distances = images.sum(1)[:, None] + others.sum(1) - 2 * images @ others.T
    return distances.min(1).mean()


def show(images, n_shown=10):
    """Print images side by side, two rows of pixels in a line of characters."""
    grid = images[:: len(images) // n_shown][:n_shown].reshape(-1, SIDE, SIDE).astype(int)
    for upper, lower in zip(grid[:, ::2].swapaxes(0, 1), grid[:, 1::2].swapaxes(0, 1), strict=True):
        print(" ".join("".join(" ▀▄█"[cell] for cell in row) for row in upper + 2 * lower))


def fitted(args, train):
    """Return a fitted generator, and print the time of the fit."""
    network = CausalConvolutional(
        class_first=not args.without_class, channels=args.channels, n_layers=args.layers
    )
    generator = AutoregressiveGenerator(
        args.components,
        network=network,
        max_epochs=args.epochs,
        batch_size=args.batch,
        learning_rate=args.rate,
        random_state=0,
        verbose=1,
    )
    start = time.process_time()
    generator.fit(train)
    print(f"{args.images} images, {args.epochs} epochs: {time.process_time() - start:.0f} CPU s")
    return generator


def report(args, generator, images, classes, test, test_classes):
    """Print what the judge says about drawn, real and other images."""
    with_class, n_each = not args.without_class, args.draws // N_CLASSES
    train, real = binary(images[: args.images]), binary(test)
    judge = judge_of(binary(images[30000:]), classes[30000:])
    asked = np.repeat(np.arange(N_CLASSES), n_each) if with_class else None
    rows = {"real test images": (real, test_classes if with_class else None)}
    noise = independent_pixels(train, classes[: args.images], n_each)
    rows["independent pixels"] = noise, asked
    for temperature in args.temperature:
        start = time.process_time()
        rows[f"drawn, temperature {temperature}"] = (
            drawn_images(generator, args.draws, with_class, temperature),
            asked,
        )
        print(f"{args.draws} images drawn: {time.process_time() - start:.1f} CPU s")
    for name, (own, expected) in rows.items():
        recognized, confident = judged(judge(own), expected)
        nearest = pixels_to_nearest(own[:1000], train)
        print(
            f"{name}: recognized {recognized:.3f}, confident {confident:.3f}, "
            f"{nearest:.1f} pixels to the nearest training image"
        )
        show(own)


def main(args):
    images, classes, test, test_classes = mnist()
    with_class = not args.without_class
    train = samples(images[: args.images], classes[: args.images], with_class)
    generator = fitted(args, train)
    own = slice(30000, 31000)
    if args.choice:
        own = samples(images[own], classes[own], with_class)
        print(f"choice: {-generator.score(own):.2f} nats")
        return
    nats = -generator.score(samples(test[:1000], test_classes[:1000], with_class))
    print(f"1000 test images: {nats:.2f} nats{', 2.30 of them for the class' * with_class}")
    report(args, generator, images, classes, test, test_classes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--channels", type=int, default=32)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--components", type=int, default=64)
    parser.add_argument("--without-class", action="store_true")
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--temperature", type=float, nargs="+", default=[1.0])
    parser.add_argument("--choice", action="store_true")
    torch.set_num_threads(1)
    header("Pixels")
    main(parser.parse_args())
