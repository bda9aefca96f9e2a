"""Denoising of MNIST, and classification with the codes of noisy images.

images      noise of 0.5 clipped to [0, 1]; the mean squared error per pixel with respect to the
            clean test images, compared with PCA and two denoisers of scikit-image, whose settings
            are chosen on noisy training images
entropy     784-64 on 30 000 samples, ten epochs of batches of 64; binary cross-entropy per pixel
neighbours  the effect of noise on the 5-NN accuracy for the codes of a plain and of a denoising
            autoencoder, as in Vincent et al. (JMLR 11:3371-3408, 2010)
tied        tied and untied weights of the decoder, by the number of training samples
documents   two networks of textbooks: 784-64 with the training loss of the last of ten epochs on
            clean images, and of ten further epochs on noise that is drawn once; 784-800 with a
            penalty on the mean activity of its sigmoid units
kinds       moved, hidden and recolored images: an autoencoder that was trained with the corruption
            of the test images, and one that was trained with Gaussian noise of the same mean
            squared error, both 256-64, 20 epochs; 5 000 images of MNIST, and 4 000 color patches of
            8 x 8 pixels from the left parts of the two photographs of scikit-learn, tested on their
            right parts

    python benchmarks/denoising.py [--part images entropy neighbours tied documents kinds]
        [--rows 60000] [--seeds 2]
"""

import argparse
import time
from functools import partial

import numpy as np
import torch
from _data import header, mnist, sum_of_squares
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle
from sklearn.datasets import load_sample_images
from sklearn.decomposition import PCA
from sklearn.feature_extraction.image import extract_patches_2d
from sklearn.neighbors import KNeighborsClassifier

from sklearn_autoencoders import AutoencoderTransformer, DenoisingAutoencoder
from sklearn_autoencoders.corruptions import (
    Gaussian,
    ImageAugmentation,
    Occlusion,
    SaltAndPepper,
)
from sklearn_autoencoders.networks import Convolutional, Dense
from sklearn_autoencoders.objectives import KLSparsity

UNIT = (0.0, 1.0)


def gaussian(X, std, seed):
    """Return pixels with Gaussian noise, clipped to [0, 1]."""
    noise = np.random.default_rng(seed).standard_normal(X.shape, np.float32)
    return np.clip(X + std * noise, *UNIT)


def salt_and_pepper(X, rate, seed):
    """Return pixels of which a fraction is black or white."""
    draws = np.random.default_rng(seed).random(X.shape, np.float32)
    return np.where(draws < rate / 2, 0, np.where(draws < rate, 1, X)).astype(np.float32)


def timed(function, *arguments):
    started = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - started, result


# ---------------------------------------------------------------------------------------- images


def autoencoders():
    """Return denoising autoencoders by name; other parameters have their defaults."""
    noise = Gaussian(0.5, clip=UNIT)
    convolutional = Convolutional((28, 28), channels=(16, 32))
    return {
        "dense, 784-256-64": DenoisingAutoencoder(
            64, hidden_layer_sizes=(256,), corruption=noise, random_state=0
        ),
        "dense, 784-512-256-128": DenoisingAutoencoder(128, corruption=noise, random_state=0),
        "convolutional, 128 components": DenoisingAutoencoder(
            128,
            network=convolutional,
            corruption=noise,
            batch_size=128,
            max_epochs=5,
            random_state=0,
        ),
    }


def project(X, pca, k):
    return (X - pca.mean_) @ pca.components_[:k].T @ pca.components_[:k] + pca.mean_


def total_variation(X, weight):
    images = X.reshape(-1, 28, 28)
    return np.stack([denoise_tv_chambolle(image, weight=weight) for image in images]).reshape(
        X.shape
    )


def nonlocal_means(X, h, patch):
    settings = {"patch_size": patch, "patch_distance": 6, "h": h}
    images = X.reshape(-1, 28, 28)
    return np.stack([denoise_nl_means(image, **settings) for image in images]).reshape(X.shape)


def peers(X):
    """Return, by name, a function of noisy images and the settings to choose from."""
    pca = PCA(200, random_state=0).fit(X)
    components = [{"k": k} for k in (10, 20, 30, 40, 50, 60, 80, 100, 200)]
    weights = [{"weight": weight} for weight in np.arange(0.05, 1.0, 0.05).round(2)]
    strengths = [
        {"h": h, "patch": p} for p in (3, 5, 7) for h in np.arange(0.1, 0.8, 0.05).round(2)
    ]
    return {
        "PCA": (partial(project, pca=pca), components),
        "total variation": (total_variation, weights),
        "non-local means": (nonlocal_means, strengths),
    }


def error(X, clean):
    return float(((X - clean) ** 2).mean())


def line(X, clean):
    """Return the slope and the intercept of the linear regression of the clean pixels."""
    return np.polyfit(X.ravel(), clean.ravel(), 1)


def best(function, settings, noisy, clean, with_line):
    """Return the settings with the lowest error on training images, and the linear correction."""
    tried = []
    for chosen in settings:
        denoised = function(noisy, **chosen)
        slope, intercept = line(denoised, clean) if with_line else (1.0, 0.0)
        tried.append((error(slope * denoised + intercept, clean), chosen, slope, intercept))
    return min(tried, key=lambda entry: entry[0])[1:]


def images(X, X_test):
    """Print the error of every method on the same noisy test images."""
    noisy_test, few = gaussian(X_test, 0.5, seed=0), X[:200]
    print(
        f"{'noise of 0.5, samples: ' + str(len(X)):53} {'error':>8} {'fit, s':>7} {'apply, s':>8}"
    )
    print(f"{'noisy images':53} {error(noisy_test, X_test):8.5f}")
    for name, model in autoencoders().items():
        fit, _ = timed(model.fit, X)
        apply, denoised = timed(model.transform, noisy_test)
        print(f"{name:53} {error(denoised, X_test):8.5f} {fit:7.0f} {apply:8.1f}", flush=True)
    for name, (function, settings) in peers(X).items():
        for with_line in (False, True):
            fit, (chosen, slope, intercept) = timed(
                best, function, settings, gaussian(few, 0.5, seed=1), few, with_line
            )
            apply, denoised = timed(partial(function, **chosen), noisy_test)
            values = ", ".join(f"{key} {value}" for key, value in chosen.items())
            title = f"{name}, {values}" + with_line * ", with linear correction"
            result = error(slope * denoised + intercept, X_test)
            print(f"{title:53} {result:8.5f} {fit:7.0f} {apply:8.1f}", flush=True)


# --------------------------------------------------------------------------------------- entropy


def cross_entropy(clean, probability):
    p = np.clip(probability.astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-(clean * np.log(p) + (1 - clean) * np.log(1 - p)).mean())


def entropy(X, X_test):
    """Print the cross-entropy of the classical network, of variants and of the defaults."""
    relu, leaky = (Dense((), code_activation=name) for name in ("relu", "leaky_relu"))
    classical = {"network": relu, "init": "random", "learning_rate": 6e-3}
    variants = {
        "784-64, ReLU code, random initialization": classical,
        "the same, pixels not scaled": {**classical, "scaling": None},
        "784-64, leaky ReLU code, random initialization": {"network": leaky, "init": "random"},
        "784-64, linear code, PCA initialization": {"network": Dense(())},
        "784-512-256-64, all defaults": {},
    }
    settings = {"loss": "binary_cross_entropy", "batch_size": 64, "max_epochs": 10}
    noisy_test = gaussian(X_test, 0.4, seed=0)
    title = f"binary cross-entropy, {len(X[:30_000])} samples"
    print(f"{title:46} {'clean':>8} noise of 0.4")
    print(f"{'aim':46} {0.0752:8.4f} {0.0985:12.4f}")
    for name, variant in variants.items():
        results = []
        for corruption, rows in ((None, X_test), (Gaussian(0.4, clip=UNIT), noisy_test)):
            model = DenoisingAutoencoder(
                64, corruption=corruption, random_state=0, **settings, **variant
            )
            restored = model.fit(X[:30_000]).transform(rows)
            results.append(cross_entropy(X_test, restored))
        print(f"{name:46} {results[0]:8.5f} {results[1]:12.5f}", flush=True)


# ------------------------------------------------------------------------------------ neighbours


def neighbours(X, y, X_test, y_test):
    """Print the 5-NN accuracy with salt-and-pepper noise in a quarter of the query pixels."""
    n = 20_000
    X, y, X_test, y_test = X[:n], y[:n], X_test[: n // 4], y_test[: n // 4]
    noisy_test = salt_and_pepper(X_test, 0.25, seed=0)
    print(f"{'5-NN, ' + str(len(X)) + ' samples':28} {'clean':>8} {'noisy':>8} {'loss':>8}")
    for name, corruption in (
        ("plain autoencoder", None),
        ("denoising autoencoder", SaltAndPepper(0.25)),
        ("denoising, 0 to 0.25", SaltAndPepper((0, 0.25))),
    ):
        model = DenoisingAutoencoder(
            32, corruption=corruption, output="code", max_epochs=10, random_state=0
        )
        knn = KNeighborsClassifier(5).fit(model.fit_transform(X), y)
        clean, noisy = (knn.score(model.transform(rows), y_test) for rows in (X_test, noisy_test))
        print(f"{name:28} {clean:8.4f} {noisy:8.4f} {clean - noisy:8.4f}", flush=True)


# ------------------------------------------------------------------------------------------ tied


def tied(X, X_test):
    """Print the sum of squared errors per test image of 784-256-32, initialized at random."""
    print(f"{'784-256-32, samples':>19} {'untied':>8} {'tied':>8}")
    for n_rows in sorted({min(n, len(X)) for n in (1024, 8192, 32_768, 60_000)}):
        errors = []
        for is_tied in (False, True):
            network = Dense((256,), tied_weights=is_tied)
            model = AutoencoderTransformer(32, network=network, init="random", random_state=0)
            errors.append(sum_of_squares(X_test, model.fit(X[:n_rows]).reconstruct(X_test)))
        print(f"{n_rows:19} {errors[0]:8.2f} {errors[1]:8.2f}", flush=True)


# ------------------------------------------------------------------------------------- documents


def documents(X, X_test):
    """Print training losses, and errors of sigmoid units with and without a penalty."""
    X, X_test = X[:30_000], X_test[:5000]
    settings = {"init": "random", "scaling": None, "batch_size": 64, "max_epochs": 10}
    settings |= {"random_state": 0, "warm_start": True}
    model = DenoisingAutoencoder(
        64,
        network=Dense((), code_activation="relu"),
        loss="binary_cross_entropy",
        corruption=None,
        learning_rate=6e-3,
        **settings,
    )
    print("784-64, ReLU code: binary cross-entropy of the last epoch, training samples")
    print(f"{'clean (aim 0.0752)':46} {model.fit(X).loss_curve_[-1]:8.4f}")
    model.fit(gaussian(X, 0.4, seed=0), clean=X)
    print(f"{'then noise of 0.4, drawn once (aim 0.0985)':46} {model.loss_curve_[-1]:8.4f}")
    found = cross_entropy(X_test, model.transform(gaussian(X_test, 0.4, seed=1)))
    print(f"{'the same, test images':46} {found:8.4f}", flush=True)
    print("\n784-800, sigmoid units, noise of 0.3: squared error per pixel of test images")
    noisy = gaussian(X_test, 0.3, seed=0)
    print(f"{'noisy images':46} {error(noisy, X_test):8.5f}")
    penalties = {
        "KL(0.02), weight 0.05": KLSparsity(0.05, 0.02),
        "the same, mean instead of sum over the units": KLSparsity(0.05 / 800, 0.02),
        "no penalty": None,
    }
    for name, penalty in penalties.items():
        network = Dense((), code_activation="logistic")
        noise = Gaussian(0.3, clip=UNIT)
        model = DenoisingAutoencoder(
            800, network=network, corruption=noise, penalty=penalty, **settings
        )
        restored = model.fit(X[:10_000]).transform(noisy)
        codes = model.set_params(output="code").transform(X_test[:1000])
        print(f"{name:46} {error(restored, X_test):8.5f}   mean activity {codes.mean():.3f}")


# ----------------------------------------------------------------------------------------- kinds

PATCH = (8, 8, 3)
KINDS = {"n_components": 64, "hidden_layer_sizes": (256,), "max_epochs": 20}
GRAY = {
    "shift by up to 3 pixels": ImageAugmentation((28, 28), pixel_shift=3),
    "hidden rectangle": Occlusion((28, 28)),
}
COLOR = {
    "hue, any": ImageAugmentation(PATCH, hue=0.5),
    "brightness, 0.4": ImageAugmentation(PATCH, brightness=0.4),
    "shift by up to 2 pixels": ImageAugmentation(PATCH, pixel_shift=2),
    "hidden rectangle": Occlusion(PATCH),
}


def patches(n_train=2000, n_test=1000):
    """Return color patches from the left three fifths, and from the right of each photograph."""
    sides = [], []
    for photograph in load_sample_images().images:
        middle = 3 * photograph.shape[1] // 5
        halves = photograph[:, :middle], photograph[:, middle:]
        for side, half, n in zip(sides, halves, (n_train, n_test), strict=True):
            found = extract_patches_2d(half, PATCH[:2], max_patches=n, random_state=0)
            side.append(found.reshape(n, -1).astype(np.float32) / 255)
    return [np.concatenate(side) for side in sides]


def corrupted(X, corruption, seed):
    return corruption(torch.from_numpy(X), torch.Generator().manual_seed(seed)).numpy()


def of_same_size(corruption, X):
    """Return Gaussian noise that changes pixels as much; hidden ones count as their means."""
    given = corrupted(X, corruption, 1)
    size = error(np.where(np.isnan(given), X.mean(axis=0), given), X)
    return Gaussian(float(np.sqrt(size)), clip=UNIT)


def kinds(X, X_test, n_seeds):
    """Print errors of images that are moved, hidden and recolored, by the corruption of the fit."""
    sets = {"MNIST": (X[:5000], X_test[:5000], GRAY), "color": (*patches(), COLOR)}
    print("test error per pixel, trained with Gaussian noise, and with the corruption of the test")
    for title, (train, test, corruptions) in sets.items():
        for name, corruption in corruptions.items():
            given = corrupted(test, corruption, 0)
            filled = np.where(np.isnan(given), train.mean(axis=0), given)
            row = f"{title + ', ' + name:32} {error(filled, test):8.5f}"
            for part in (of_same_size(corruption, train), corruption):
                models = (
                    DenoisingAutoencoder(corruption=part, random_state=seed, **KINDS)
                    for seed in range(n_seeds)
                )
                found = [error(model.fit(train).transform(given), test) for model in models]
                row += "  " + " ".join(f"{value:.5f}" for value in found)
            print(row, flush=True)


PARTS = {
    "images": lambda X, y, X_test, y_test: images(X, X_test),
    "entropy": lambda X, y, X_test, y_test: entropy(X, X_test),
    "neighbours": neighbours,
    "tied": lambda X, y, X_test, y_test: tied(X, X_test),
    "documents": lambda X, y, X_test, y_test: documents(X, X_test),
    "kinds": lambda X, y, X_test, y_test, n_seeds: kinds(X, X_test, n_seeds),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rows", type=int, default=60_000, help="number of training samples")
    parser.add_argument("--seeds", type=int, default=2, help="of the part kinds")
    arguments = parser.parse_args()
    header("Denoising")
    data = [rows[: arguments.rows] for rows in mnist()]
    for name in arguments.part:
        PARTS[name](*data, *[arguments.seeds] * (name == "kinds"))
        print()


if __name__ == "__main__":
    main()
