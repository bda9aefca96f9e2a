"""
Features and codes in two branches
==================================

:class:`~sklearn_autoencoders.networks.Branches` is a head of
:class:`~sklearn_autoencoders.AutoencoderRegressor` that reads the features and the code, each
through layers of its own. A linear head reads the code alone, and lacks what the code does not
contain.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderRegressor
from sklearn_autoencoders.networks import Branches

X, y = make_friedman1(600, noise=1.0, random_state=0)
X, X_test, y, y_test = train_test_split(X, y, random_state=0)

# %%
# Friedman's function depends on five of ten independent features, of which a code of few components
# contains a part only. The encoder is trained without labels, and then frozen or fine-tuned.
branches = Branches((64, 32), (16,), (32,))
heads = {
    "linear head, frozen encoder": {"head": "linear", "freeze": "all"},
    "linear head": {"head": "linear"},
    "two branches, frozen encoder": {"head": branches, "freeze": "all"},
    "two branches": {"head": branches},
}
sizes = (2, 8)
settings = {"pretraining_epochs": 5, "max_epochs": 40, "learning_rate": 2e-3, "random_state": 0}
scores = {
    name: [
        AutoencoderRegressor(size, **params, **settings).fit(X, y).score(X_test, y_test)
        for size in sizes
    ]
    for name, params in heads.items()
}
for name, values in scores.items():
    print(f"{name:29}" + " ".join(f"{value:6.3f}" for value in values))

# %%
# With branches, the frozen encoder can have a code of any size. If the encoder is fine-tuned, it
# learns what the target depends on, and the branches gain nothing here.
_, axis = plt.subplots(figsize=(7, 3), layout="constrained")
for shift, (size, values) in enumerate(zip(sizes, zip(*scores.values(), strict=True), strict=True)):
    places = np.arange(len(scores)) + 0.35 * shift
    axis.barh(places, values, 0.3, label=f"{size} components")
axis.set(xlabel="R² of test samples", yticks=np.arange(len(scores)) + 0.17)
axis.set_yticklabels(scores)
axis.invert_yaxis()
axis.legend()
plt.show()
