"""The convolutional network: seconds per epoch, and held-out errors of its options.

speed: compared with a hand-written torch loop. 28 x 28 images, channels of 32, 32 and 16, random
initialization, no weight decay, batches of 128. The methods alternate within each round, in fits of
three epochs, including set-up. The hand-written loop has the same layers. The package uses the
channels-last layout, so that the loop is timed in both layouts. On a shared machine, the processor
time of one thread is most reliable: OMP_NUM_THREADS=1.

options: squared error per pixel of test images after ten epochs, channels of 16, 16 and 16, so
that 28 x 28 images become 4 x 4, and the processor time of the fit.

layerwise: 2000 images, channels of 8 and 16, 32 components, random initialization: the levels one
after another and then all layers, and all layers from the beginning; error as above, and accuracy
of the five nearest neighbors of the codes of 2000 test images.

spatial: 5000 images, a code of 4 x 4 x 16 that starts at random weights or at the principal
components of patches, all other parameters at their defaults.

    python benchmarks/convolutional.py [--part speed options layerwise spatial] [--rounds 5]
"""

import argparse
import time
from statistics import median

import numpy as np
import torch
from _data import header, mnist
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from torch import nn

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.networks import Convolutional, Dense, EncoderDecoder

CODE = 32
BATCH = 128
EPOCHS = 3


def by_hand():
    """Return the layers of Convolutional((28, 28), channels=(32, 32, 16))."""

    def conv(n_inputs, n_outputs):
        return [nn.Conv2d(n_inputs, n_outputs, 3, padding=1), nn.GELU()]

    def pool():
        return nn.MaxPool2d(2, ceil_mode=True)

    encoder = [nn.Unflatten(1, (1, 28, 28)), *conv(1, 32), pool(), *conv(32, 32), pool()]
    encoder += [*conv(32, 16), pool(), nn.Flatten(), nn.Linear(16 * 4 * 4, CODE)]
    decoder = [nn.Linear(CODE, 16 * 4 * 4), nn.Unflatten(1, (16, 4, 4)), nn.GELU()]
    decoder += [nn.Upsample((7, 7)), *conv(16, 32), nn.Upsample((14, 14)), *conv(32, 32)]
    decoder += [nn.Upsample((28, 28)), *conv(32, 32), nn.Conv2d(32, 1, 3, padding=1), nn.Flatten()]
    return nn.Sequential(*encoder, *decoder)


def torch_loop(X, epochs, memory_format=torch.contiguous_format):
    rows, module = torch.from_numpy((X - X.mean(0)) / X.std()), by_hand()
    module.to(memory_format=memory_format)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)
    for _ in range(epochs):
        for index in torch.randperm(len(rows)).split(BATCH):
            x = rows[index]
            optimizer.zero_grad()
            (module(x) - x).square().mean().backward()
            optimizer.step()


def channels_last_loop(X, epochs):
    torch_loop(X, epochs, torch.channels_last)


def ours(X, epochs):
    network = Convolutional((28, 28), channels=(32, 32, 16))
    settings = {"batch_size": BATCH, "max_epochs": epochs, "weight_decay": 0, "init": "random"}
    return AutoencoderTransformer(CODE, network=network, **settings).fit(X)


def check_same_network():
    """Raise an error if the compared networks do not have the same layers."""
    encoder, decoder = Convolutional((28, 28), channels=(32, 32, 16)).build(784, CODE)
    shapes = [p.shape for part in (encoder, decoder) for p in part.parameters()]
    assert shapes == [p.shape for p in by_hand().parameters()]


METHODS = {
    "this package": ours,
    "torch loop": torch_loop,
    "torch loop, channels last": channels_last_loop,
}


def seconds(function, *arguments):
    """Return the wall time and the processor time per epoch."""
    started = time.perf_counter(), time.process_time()
    function(*arguments)
    ended = time.perf_counter(), time.process_time()
    return [(end - start) / EPOCHS for start, end in zip(started, ended, strict=True)]


def report(kind, times):
    """Print medians, and the medians over rounds of the ratios of this package to the others."""
    for name, values in times.items():
        ratio = median(
            own / other for own, other in zip(times["this package"], values, strict=True)
        )
        print(f"{kind:10} {name:26} {median(values):8.2f} {ratio:12.2f}")


def option(n_components, init="pca", **params):
    """Return an autoencoder of images."""
    network = Convolutional((28, 28), channels=(16, 16, 16), **params)
    return network_of(network, n_components, init)


def network_of(network, n_components=CODE, init="pca"):
    settings = {"batch_size": BATCH, "max_epochs": 10, "init": init, "random_state": 0}
    return AutoencoderTransformer(n_components, network=network, **settings)


IMAGES = Convolutional((28, 28), channels=(16, 16, 16))
OPTIONS = {
    "32 components, defaults": option(CODE),
    "32 components, init='random'": option(CODE, "random"),
    "upsample='bilinear'": option(CODE, upsample="bilinear"),
    "upsample='transposed'": option(CODE, upsample="transposed"),
    "hidden_layer_sizes=(256,)": option(CODE, hidden_layer_sizes=(256,)),
    "bottleneck='global'": option(CODE, bottleneck="global"),
    "bottleneck='global_max'": option(CODE, bottleneck="global_max"),
    "pool_size=3": option(CODE, pool_size=3),
    "dense encoder (256,)": network_of(EncoderDecoder(Dense((256,)), IMAGES)),
    "dense decoder (256,)": network_of(EncoderDecoder(IMAGES, Dense((256,)))),
    "bottleneck='spatial', 4 x 4 x 2": option(CODE, bottleneck="spatial"),
    "256 components, defaults": option(256),
    "256 components, init='random'": option(256, "random"),
    "bottleneck='spatial', 4 x 4 x 16": option(256, bottleneck="spatial"),
    "the same, init='random'": option(256, "random", bottleneck="spatial"),
}


def options(X, X_test):
    """Print the error per pixel of each option, and of PCA."""
    title = f"squared error per pixel, {len(X)} images"
    print(f"{title:37} {'test error':>10} {'processor, s':>12}")
    for k in (CODE, 256):
        pca = PCA(k, random_state=0).fit(X)
        found = pca.inverse_transform(pca.transform(X_test))
        print(f"{'PCA, ' + str(k) + ' components':37} {((found - X_test) ** 2).mean():10.5f}")
    for name, model in OPTIONS.items():
        started = time.process_time()
        found = model.fit(X).reconstruct(X_test)
        used = time.process_time() - started
        print(f"{name:37} {((found - X_test) ** 2).mean():10.5f} {used:12.0f}", flush=True)


LAYERWISE = {"pretraining": "layerwise", "pretraining_epochs": 5}


def layerwise(X, y, X_test, y_test):
    """Print errors with and without pretraining of one level after another."""
    for activation, seed in (("gelu", 0), ("gelu", 1), ("logistic", 0)):
        rows = np.random.RandomState(seed).permutation(len(X))[:2000]
        network = Convolutional((28, 28), channels=(8, 16), activation=activation)
        for n_epochs, pretraining in ((12, {}), (12, LAYERWISE), (24, {})):
            settings = {"network": network, "init": "random", "random_state": seed, **pretraining}
            started = time.process_time()
            model = AutoencoderTransformer(CODE, max_epochs=n_epochs, **settings).fit(X[rows])
            used = time.process_time() - started
            error = ((model.reconstruct(X_test) - X_test) ** 2).mean()
            nearest = KNeighborsClassifier(5).fit(model.transform(X[rows]), y[rows])
            title = (
                f"{activation}, seed {seed}, {n_epochs} epochs{', layerwise' * bool(pretraining)}"
            )
            accuracy = nearest.score(model.transform(X_test), y_test)
            print(f"{title:37} {error:10.4f} {accuracy:8.4f} {used:6.0f} s", flush=True)


def spatial(X, X_test):
    """Print errors of spatial codes from random weights and from patches."""
    network = Convolutional((28, 28), channels=(8, 16, 16), bottleneck="spatial")
    for init in ("random", "pca"):
        started = time.process_time()
        model = AutoencoderTransformer(256, network=network, init=init, random_state=0).fit(X)
        used = time.process_time() - started
        error = ((model.reconstruct(X_test) - X_test) ** 2).mean()
        print(f"{'4 x 4 x 16, ' + init:37} {error:10.5f} {used:12.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=2048, help="images of the part speed")
    parts = ("speed", "options", "layerwise", "spatial")
    parser.add_argument("--part", nargs="+", choices=parts, default=["speed"])
    arguments = parser.parse_args()
    header("Convolutions")
    X, y, X_test, y_test = mnist()
    if "layerwise" in arguments.part:
        layerwise(X, y, X_test[:2000], y_test[:2000])
    if "spatial" in arguments.part:
        spatial(X[:5000], X_test[:2000])
    if "options" in arguments.part:
        options(X[:2500], X_test[:2000])
    if "speed" in arguments.part:
        speed(X[: arguments.rows], arguments.rounds)


def speed(X, n_rounds):
    """Print seconds per epoch of this package and of the loops."""
    check_same_network()
    for function in METHODS.values():
        function(X[:256], 1)
    times = {name: [] for name in METHODS}
    for _ in range(n_rounds):
        for name, function in METHODS.items():
            times[name].append(seconds(function, X, EPOCHS))
    print(f"{'seconds per epoch, ' + str(len(X)) + ' images':37} {'median':>8} {'ratio':>12}")
    for i, kind in enumerate(("wall", "processor")):
        report(kind, {name: [pair[i] for pair in pairs] for name, pairs in times.items()})


if __name__ == "__main__":
    main()
