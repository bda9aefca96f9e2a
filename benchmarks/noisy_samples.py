"""Denoising if there are only noisy samples: the standard deviation of the noise of training.

R^2 of the denoised test samples with respect to clean ones, which no method has seen, except for
the last one. The number of components of PCA is the best one for these.

    python benchmarks/noisy_samples.py [--sets waves digits pendigits satellite] [--seeds 2]
"""

import argparse

import numpy as np
from _data import FOLDER, header
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import r2_score

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Gaussian

FACTORS = (1.0, 2.0, 3.0)


def waves(rng):
    """Return sine waves with random phases and amplitudes, and a step at a random time."""
    time = np.arange(64)
    phase, amplitude, start = rng.random((3, 600, 1))
    wave = (1 + amplitude) * np.sin(0.2 * time + 6 * phase) + (time > 20 + 20 * start)
    return wave, 0.5


def digits(rng):
    return load_digits().data[rng.permutation(1797)[:1000]], 5.0


def table(name):
    """Return a function that draws standardized samples of a table, with noise of 0.5."""

    def samples(rng):
        X = np.load(FOLDER / "adbench" / f"{name}.npz")["X"]
        X = X[rng.permutation(len(X))[:1000]]
        return (X - X.mean(0)) / (X.std(0) + 1e-9), 0.5

    return samples


SETS = {
    "waves": waves,
    "digits": digits,
    "pendigits": table("28_pendigits"),
    "satellite": table("30_satellite"),
}


def score(clean, denoised):
    return r2_score(clean, denoised, multioutput="variance_weighted")


def best_pca(noisy, test, clean):
    def denoised(k):
        pca = PCA(k).fit(noisy)
        return pca.inverse_transform(pca.transform(test))

    return max(score(clean, denoised(k)) for k in range(1, min(40, noisy.shape[1])))


def measured(samples, std, rng):
    """Return the scores of all methods by name."""
    noisy = samples + std * rng.standard_normal(samples.shape)
    n_train = len(samples) * 3 // 4
    train, test, clean = noisy[:n_train], noisy[n_train:], samples[n_train:]

    def denoiser(corruption, X=train):
        model = DenoisingAutoencoder(corruption=corruption, random_state=0).fit(X)
        return score(clean, model.transform(test))

    found = {"noisy": score(clean, test), "PCA": best_pca(train, test, clean)}
    found["masking"] = denoiser("masking")
    found |= {f"Gaussian, {factor:g} x": denoiser(Gaussian(factor * std)) for factor in FACTORS}
    return found | {"clean, Gaussian": denoiser(Gaussian(std), samples[:n_train])}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", choices=SETS, default=list(SETS))
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    header("Noisy samples")
    for name in options.sets:
        found = []
        for seed in range(options.seeds):
            rng = np.random.default_rng(seed)
            found.append(measured(*SETS[name](rng), rng))
        means = {method: np.mean([run[method] for run in found]) for method in found[0]}
        print(
            name, *(f"{method} {mean:.3f}" for method, mean in means.items()), sep="  ", flush=True
        )


if __name__ == "__main__":
    main()
