"""
More training samples from a generator
======================================

A conditional :class:`~sklearn_autoencoders.VAEGenerator` draws further samples of each class. Are
they worth more than the training samples with noise? In this example, classifiers of digits are
fitted to 20 samples of each class and to five times as many others.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from sklearn_autoencoders import VAEGenerator

X, y = load_digits(return_X_y=True)
models = {
    "logistic regression": LogisticRegression(max_iter=2000),
    "SVC": SVC(),
    "random forest": RandomForestClassifier(random_state=0),
}


def others(X, y, seed):
    """Return samples that are added, by name; all have the classes y, five times."""
    classes, rng = np.repeat(y, 5), np.random.RandomState(seed)
    model = VAEGenerator(conditional=True, max_epochs=100, random_state=seed).fit(X, y)
    return {
        "nothing": (X[:0], y[:0]),
        "noise": (np.repeat(X, 5, axis=0) + rng.normal(0, 2, (5 * len(X), 64)), classes),
        "draws of a VAE": (model.sample(y=classes, random_state=seed), classes),
        "draws without noise": (model.sample(y=classes, random_state=seed, noise=False), classes),
    }


# %%
# Two splits. The remaining digits are the test samples.
scores, drawn = {}, {}
for seed in range(2):
    split = {"train_size": 200, "stratify": y, "random_state": seed}
    train, test, y_train, y_test = train_test_split(X, y, **split)
    drawn["training samples"] = train, y_train
    for name, (more, classes) in others(train, y_train, seed).items():
        data = np.vstack([train, more]), np.append(y_train, classes)
        found = [model.fit(*data).score(test, y_test) for model in models.values()]
        scores.setdefault(name, []).append(found)
        if len(more):
            drawn[name] = more, classes
means = {name: np.mean(found, axis=0) for name, found in scores.items()}
for name, values in means.items():
    print(f"{name:20}" + " ".join(f"{value:.3f}" for value in values))

# %%
# Noise helps the support vectors. The draws look like digits, but know no more than the
# 200 samples: they are not worth more than the noise, and cost most classifiers some accuracy.
figure, axes = plt.subplots(1, 2, figsize=(13, 4), width_ratios=[1, 1.1], layout="constrained")
for shift, (name, values) in enumerate(means.items()):
    axes[0].barh(np.arange(3) + 0.2 * shift, values, 0.18, label=name)
axes[0].set(xlabel="accuracy", xlim=(0.88, 0.98), yticks=np.arange(3) + 0.3, yticklabels=models)
axes[0].invert_yaxis()
axes[0].legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.15))
rows = []
for images, classes in drawn.values():
    pairs = [images[classes == label][:2].reshape(16, 8) for label in range(10)]
    rows.append(np.hstack([np.pad(pair, 1) for pair in pairs]))
axes[1].imshow(np.vstack(rows), cmap="gray_r", vmin=0, vmax=16)
axes[1].set(xticks=[], yticks=9 + 18 * np.arange(4), yticklabels=list(drawn))
plt.show()
