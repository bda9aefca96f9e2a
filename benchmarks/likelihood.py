"""Likelihoods of MNIST and of clusters, and the time per epoch.

python benchmarks/likelihood.py [--part grey binary epoch clusters]

grey, binary: images with gray levels and with fixed binarization. clusters: held-out samples of a
few features, beside a Gaussian mixture whose number of Gaussians is the best one for them.
"""

import argparse
import time
from statistics import median

import numpy as np
import torch
from _data import header, mnist
from sklearn.datasets import make_blobs, make_circles, make_moons
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional

from sklearn_autoencoders import VAEGenerator


def report(name, model, X_test, seconds):
    elbo = -model.elbo_samples(X_test, n_draws=1).mean()
    likelihood = -model.score_samples(X_test[:1000], n_draws=200).mean()
    print(
        f"{name:28} -ELBO {elbo:7.2f}  200 draws, 1000 images {likelihood:7.2f}  "
        f"active {model.active_units_:3d}  {seconds:4.0f} s",
        flush=True,
    )


def fitted(name, X, X_test, **params):
    started = time.perf_counter()
    model = VAEGenerator(likelihood="bernoulli", random_state=0, **params).fit(X)
    report(name, model, X_test, time.perf_counter() - started)


def grey(X, X_test):
    """Print the bound for the architecture of the PyTorch example."""
    print("gray levels, 784-400-20, 10 epochs (aim 105.6)")
    shape = {"hidden_layer_sizes": (400,), "max_epochs": 10, "batch_size": 128}
    for latent in ("normal", "mixture"):
        fitted(latent, X, X_test, n_components=20, latent=latent, **shape)


def binary(X, X_test):
    """Print the bound for pixels binarized at one half."""
    print("\nfixed binarization, 784-200-200-50 (aim 89.8)")
    X, X_test = ((rows > 0.5).astype(np.float32) for rows in (X, X_test))
    shape = {"hidden_layer_sizes": (200, 200), "n_components": 50, "max_epochs": 100}
    for latent in ("normal", "vamp"):
        fitted(latent, X, X_test, latent=latent, batch_size=256, **shape)


class Plain(nn.Module):
    """The same network, written by hand."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 40))
        self.decoder = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784))

    def forward(self, x):
        """Return logits, means and logarithms of variances."""
        mean, log_var = self.encoder(x).chunk(2, 1)
        z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
        return self.decoder(z), mean, log_var


def torch_loop(X, epochs):
    rows, module = torch.from_numpy(X), Plain()
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)
    for _ in range(epochs):
        for index in torch.randperm(len(rows)).split(128):
            x = rows[index]
            optimizer.zero_grad()
            output, mean, log_var = module(x)
            distortion = functional.binary_cross_entropy_with_logits(output, x, reduction="sum")
            rate = 0.5 * (log_var.exp() + mean.square() - 1 - log_var).sum()
            ((distortion + rate) / len(x)).backward()
            optimizer.step()


def ours(X, epochs):
    settings = {"init": "random", "activation": "relu", "dropout": 0, "weight_decay": 0}
    settings |= {"hidden_layer_sizes": (400,), "batch_size": 128, "latent": "normal"}
    VAEGenerator(20, likelihood="bernoulli", max_epochs=epochs, **settings).fit(X)


def epoch(X, X_test):
    """Print the additional time of three more epochs, alternating with a hand-written loop."""
    X, times = X[:20_000], {"this package": [], "torch loop": []}
    for _ in range(5):
        for name, fit in (("this package", ours), ("torch loop", torch_loop)):
            marks = []
            for epochs in (1, 4):
                started = time.perf_counter()
                fit(X, epochs)
                marks.append(time.perf_counter() - started)
            times[name].append((marks[1] - marks[0]) / 3)
    ratio = median(a / b for a, b in zip(*times.values(), strict=True))
    medians = {name: round(median(values), 3) for name, values in times.items()}
    print(f"\nseconds per epoch, 20 000 images: {medians}")
    print(f"this package / torch loop {ratio:.2f} (aim 1.2)")


def shapes():
    """Return samples of two or five features."""
    rng = np.random.RandomState(0)
    centers, cluster = 4 * rng.randn(6, 5), rng.randint(6, size=1500)
    return {
        "moons": make_moons(1500, noise=0.08, random_state=0)[0],
        "circles": make_circles(1500, noise=0.05, factor=0.5, random_state=0)[0],
        "five clusters": make_blobs(1500, centers=5, random_state=3)[0],
        "six clusters, five features": centers[cluster] + rng.randn(1500, 5),
    }


def clusters(*_):
    """Print log-likelihoods of held-out samples after default fits."""
    print("\nmean log-likelihood, VAEGenerator and Gaussian mixture")
    for name, X in shapes().items():
        train, test = train_test_split(X, random_state=0)
        found = VAEGenerator(random_state=0).fit(train).score_samples(test, n_draws=500).mean()
        sizes = (3, 6, 10, 20)
        mixture = max(GaussianMixture(k, random_state=0).fit(train).score(test) for k in sizes)
        print(f"{name:28} {found:7.3f} {mixture:7.3f}", flush=True)


PARTS = {"grey": grey, "binary": binary, "epoch": epoch, "clusters": clusters}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs="*", choices=PARTS, default=list(PARTS))
    header("Likelihood")
    X, _, X_test, _ = mnist()
    for name in parser.parse_args().part:
        PARTS[name](X, X_test)


if __name__ == "__main__":
    main()
