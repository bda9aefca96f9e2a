"""
Masked features of a table
==========================

Predicting some features from the others is a task that requires no labels. It imputes missing
values, and it is the default pretraining of :class:`~sklearn_autoencoders.AutoencoderClassifier`.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderClassifier, DenoisingAutoencoder, VAEGenerator
from sklearn_autoencoders.corruptions import Masking

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
X, X_test, y, y_test = train_test_split(X, y, random_state=0, stratify=y)

# %%
# A third of the values is masked, and R² is computed on the masked values. A single model imputes
# every feature from any subset of the others.
X_missing = np.where(np.random.default_rng(0).random(X_test.shape) < 1 / 3, np.nan, X_test)
masked = np.isnan(X_missing)
denoiser = DenoisingAutoencoder(corruption=Masking((0, 0.7)), random_state=0).fit(X)
fillers = {
    "means": SimpleImputer().fit(X).transform,
    "KNNImputer": KNNImputer().fit(X).transform,
    "VAEGenerator": VAEGenerator(random_state=0).fit(X).impute,
    "DenoisingAutoencoder": denoiser.transform,
}
filled = {
    name: 1 - ((fill(X_missing) - X_test)[masked] ** 2).mean() / X_test[masked].var()
    for name, fill in fillers.items()
}
for name, score in filled.items():
    print(f"{name:21} R² on masked values {score:.3f}")

# %%
# Classification from 20 labels: with pretraining on all samples, by the loss of all values or of
# the masked ones alone, without pretraining, and logistic regression. The labeled samples are drawn
# five times. The default head of small tables learns little from the code; a linear one needs it.
names = "pretrained", "loss of masked values", "not pretrained", "logistic regression"
accuracy = {name: [] for name in names}
for seed in range(5):
    known = np.full(len(y), -1)
    labelled = np.random.default_rng(seed).permutation(len(y))[:20]
    known[labelled] = y[labelled]
    settings = {"head": "linear", "max_epochs": 20, "pseudo_labels": None, "random_state": seed}
    models = (
        AutoencoderClassifier(16, pretraining_epochs=15, **settings).fit(X, known),
        AutoencoderClassifier(
            16, pretraining_epochs=15, pretraining_corruption=Masking(known_weight=0), **settings
        ).fit(X, known),
        AutoencoderClassifier(16, pretraining=None, **settings).fit(X, known),
        LogisticRegression().fit(X[labelled], y[labelled]),
    )
    for name, model in zip(accuracy, models, strict=True):
        accuracy[name].append(model.score(X_test, y_test))
for name, scores in accuracy.items():
    print(f"{name:21} accuracy {np.mean(scores):.3f} ± {np.std(scores):.3f}")

# %%
# The denoiser imputes best here. Neither kind of pretraining helps on this table: the features are
# highly redundant, and a linear model is as good with 20 samples.
figure, axes = plt.subplots(1, 2, figsize=(12, 3.4), layout="constrained")
axes[0].barh(list(filled), list(filled.values()), color="#3f90da")
axes[0].set(xlabel="R² on masked values", xlim=(0, 1))
for name, scores in accuracy.items():
    axes[1].plot(scores, [name] * 5, "o", color="#3f90da", alpha=0.6, markersize=8)
    axes[1].plot(np.mean(scores), name, "|", color="black", markersize=22, markeredgewidth=2)
axes[1].margins(y=0.3)
axes[1].set(xlabel="accuracy with 20 labels; the bar is the mean")
for axis in axes:
    axis.invert_yaxis()
plt.show()
