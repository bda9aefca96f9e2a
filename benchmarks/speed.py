"""Seconds per epoch, per transform and until the error of another method is reached, as ratios.

The methods alternate within each round; medians over rounds. 784-256-64-32 on 20 000 samples.

    python benchmarks/speed.py [--rounds 5] [--part epoch target transform small import busy]
"""

import argparse
import subprocess
import sys
import time
import warnings
from itertools import pairwise
from statistics import median

import numpy as np
import torch
from _data import header, mnist, sum_of_squares
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from torch import nn

from sklearn_autoencoders import AutoencoderTransformer

SIZES = (256, 64)
CODE = 32
OURS = "this, same network"
PARTS = ["epoch", "target", "transform", "small", "import", "busy"]


def network():
    widths = [784, *SIZES, CODE, *SIZES[::-1], 784]
    layers = []
    for n_inputs, n_outputs in pairwise(widths):
        layers += [nn.Linear(n_inputs, n_outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def torch_loop(X, batch_size, epochs):
    rows, module = torch.from_numpy(X), network()
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)
    for _ in range(epochs):
        for index in torch.randperm(len(rows)).split(batch_size):
            x = rows[index]
            optimizer.zero_grad()
            (module(x) - x).square().mean().backward()
            optimizer.step()
    return lambda rows: module(torch.from_numpy(rows)).detach().numpy()


def skorch_net(X, batch_size, epochs):
    from skorch import NeuralNetRegressor

    net = NeuralNetRegressor(
        network(), lr=1e-3, optimizer=torch.optim.Adam, max_epochs=epochs, batch_size=batch_size,
        train_split=None, verbose=0,
    )  # fmt: skip
    return net.fit(X, X).predict


def pyod_detector(X, batch_size, epochs):
    from pyod.models.auto_encoder import AutoEncoder

    detector = AutoEncoder(
        hidden_neuron_list=[*SIZES, CODE], epoch_num=epochs, batch_size=batch_size, lr=1e-3,
        preprocessing=False, batch_norm=False, dropout_rate=0, verbose=0,
    )  # fmt: skip
    detector.fit(X)
    return lambda rows: detector.model(torch.from_numpy(rows)).detach().numpy()


def mlp_regressor(X, batch_size, epochs):
    mlp = MLPRegressor(
        hidden_layer_sizes=(*SIZES, CODE, *SIZES[::-1]),
        batch_size=batch_size,
        max_iter=epochs,
        alpha=0.0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mlp.fit(X, X).predict


def ours(X, batch_size, epochs, **params):
    settings = {"hidden_layer_sizes": SIZES, "batch_size": batch_size, "max_epochs": epochs}
    return AutoencoderTransformer(CODE, **settings, **params).fit(X).reconstruct


def ours_like_for_like(X, batch_size, epochs):
    plain = {"init": "random", "activation": "relu", "dropout": 0.0, "weight_decay": 0.0}
    return ours(X, batch_size, epochs, **plain)


PEERS = {
    "torch loop": torch_loop,
    "skorch": skorch_net,
    "PyOD": pyod_detector,
    "MLPRegressor": mlp_regressor,
}


def seconds(function, *arguments):
    started = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - started, result


def epoch_times(X, rounds):
    """Print seconds per epoch: of three additional epochs, and of a fit of four with set-up."""
    methods = {OURS: ours_like_for_like, "this, default": ours, **PEERS}
    print(f"seconds per epoch{'':14} " + " ".join(f"{name:>20}" for name in methods))
    for batch_size in (32, 128, 512):
        marginal, whole = ({name: [] for name in methods} for _ in range(2))
        for _ in range(rounds):
            for name, fit in methods.items():
                one, _ = seconds(fit, X, batch_size, 1)
                four, _ = seconds(fit, X, batch_size, 4)
                marginal[name].append((four - one) / 3)
                whole[name].append(four / 4)
        for kind, times in (("additional epoch", marginal), ("fit of four", whole)):
            report(f"batch {batch_size}, {kind}", times)


def report(title, times):
    """Print medians, and the medians over rounds of the ratios to this package, same network."""
    ours_times = times[OURS]
    ratios = {
        name: median(t / own for t, own in zip(values, ours_times, strict=True))
        for name, values in times.items()
    }
    print(f"{title:31} " + " ".join(f"{median(values):20.3f}" for values in times.values()))
    print(
        f"{'  ratio to this package':31} " + " ".join(f"{ratio:20.2f}" for ratio in ratios.values())
    )
    print(f"  this package / torch loop: {1 / ratios['torch loop']:.2f}", flush=True)


def time_to_target(X, X_test):
    """Print the time of a whole fit that reaches the test error of others after ten epochs."""
    print("\ntime to reach the test error (sum of squares per image) of others after ten epochs")
    for fit in (ours, *PEERS.values()):
        fit(X[:1000], 128, 1)  # load the modules that are imported at first use
    candidates = []
    for epochs in (1, 2, 3, 4, 6):
        spent, predict = seconds(ours, X, 128, epochs)
        candidates.append((spent, sum_of_squares(X_test, predict(X_test)), epochs))
        print(
            f"  this package, {epochs} epochs: {candidates[-1][1]:.2f} in {spent:.2f} s", flush=True
        )
    for name, fit in PEERS.items():
        spent, predict = seconds(fit, X, 128, 10)
        error = sum_of_squares(X_test, predict(X_test))
        reached = [(t, e, n) for t, e, n in candidates if e <= error]
        verdict = "not reached"
        if reached:
            t, e, n = reached[0]
            verdict = f"this package {e:.2f} in {t:.2f} s, {n} epoch(s): ratio {t / spent:.2f}"
        print(f"  {name:14} {error:.2f} in {spent:.2f} s; {verdict}", flush=True)


def transform_time(X, rounds):
    """Print the time of `transform`, compared with that of the encoder on the whole array."""
    model = AutoencoderTransformer(CODE, hidden_layer_sizes=SIZES, max_epochs=1).fit(X[:2000])
    rows = torch.from_numpy(X)

    @torch.no_grad()
    def bare():
        return model.network_.encoder(rows)

    times = [(seconds(model.transform, X)[0], seconds(bare)[0]) for _ in range(3 * rounds)]
    whole, alone = (median(column) for column in zip(*times, strict=True))
    print(f"\ntransform of {X.shape}: {whole:.3f} s, network alone {alone:.3f} s,", end=" ")
    print(f"ratio {median(a / b for a, b in times):.2f}", flush=True)


def small_fit(rounds):
    """Print the time of a default fit on breast_cancer."""
    X = load_breast_cancer(return_X_y=True)[0]
    times = [seconds(AutoencoderTransformer(2).fit, X)[0] for _ in range(rounds)]
    print(f"\ndefault fit on breast_cancer {X.shape}: {median(times):.2f} s")


def import_time(rounds):
    """Print the import time in addition to that of scikit-learn and torch."""
    code = """
import time, sklearn.decomposition, torch
started = time.perf_counter()
import sklearn_autoencoders
print(time.perf_counter() - started)
"""
    command = [sys.executable, "-c", code]
    outputs = (subprocess.run(command, capture_output=True, check=True) for _ in range(rounds))
    times = [float(output.stdout) for output in outputs]
    print(f"\nimport, in addition to scikit-learn and torch: {median(times):.2f} s")


def busy_core(rounds):
    """Print the time of default fits while one core is busy, and with one thread alone."""
    for name, X in (
        ("breast_cancer", load_breast_cancer(return_X_y=True)[0]),
        ("digits", digits()),
    ):
        alone, busy = [], []
        for _ in range(rounds):
            n_threads = torch.get_num_threads()
            torch.set_num_threads(1)
            alone.append(seconds(AutoencoderTransformer(2).fit, X)[0])
            torch.set_num_threads(n_threads)
            with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
                busy.append(seconds(AutoencoderTransformer(2).fit, X)[0])
                other.kill()
        ratio = median(a / b for a, b in zip(busy, alone, strict=True))
        print(f"\n{name}, one core busy: {median(busy):.2f} s, {ratio:.2f} x one thread alone")


def digits():
    return load_digits(return_X_y=True)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--part", nargs="*", default=PARTS)
    arguments = parser.parse_args()
    header("Speed")
    X, _, X_test, _ = mnist()
    half = np.ascontiguousarray(X[:20_000])
    if "epoch" in arguments.part:
        epoch_times(half, arguments.rounds)
    if "target" in arguments.part:
        time_to_target(half, X_test)
    if "transform" in arguments.part:
        transform_time(X, arguments.rounds)
    if "small" in arguments.part:
        small_fit(arguments.rounds)
    if "import" in arguments.part:
        import_time(arguments.rounds)
    if "busy" in arguments.part:
        busy_core(arguments.rounds)


if __name__ == "__main__":
    main()
