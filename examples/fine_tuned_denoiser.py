"""
A denoiser in front of a classifier
===================================

A denoiser that was trained without labels can be put in front of a classifier, either in a pipeline
or as one network: :class:`~sklearn_autoencoders.networks.Branches` reads the reconstructions of the
denoiser, which is frozen or fine-tuned together with the hidden layers of the head.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from sklearn_autoencoders import AutoencoderClassifier, DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Gaussian
from sklearn_autoencoders.networks import Branches

X, y = load_digits(return_X_y=True)
noisy = X + np.random.RandomState(0).normal(0, 6, X.shape)
train, test = train_test_split(np.arange(len(X)), test_size=0.3, stratify=y, random_state=0)

# %%
# The denoiser is trained on clean digits, to which it adds noise. All classifiers get noisy digits.
settings = {"max_epochs": 20, "random_state": 0}
denoiser = DenoisingAutoencoder(corruption=Gaussian(6), **settings).fit(X[train])
start = FrozenEstimator(denoiser)
network = MLPClassifier((256, 64), max_iter=300, random_state=0)
behind = Branches((256, 64), (), (64,), reads_reconstruction=True)
models = {
    "MLP on noisy pixels": network,
    "denoiser, then MLP (pipeline)": make_pipeline(start, network),
    "one network, denoiser frozen": AutoencoderClassifier(
        encoder=start, head=behind, freeze="all", **settings
    ),
    "one network, fine-tuned together": AutoencoderClassifier(
        encoder=start, head=behind, **settings
    ),
    "code, and a head with hidden layers": AutoencoderClassifier(
        encoder=start, head_layer_sizes=(64,), **settings
    ),
}
sizes = (100, 400, len(train))
accuracy = {
    name: [model.fit(noisy[train[:n]], y[train[:n]]).score(noisy[test], y[test]) for n in sizes]
    for name, model in models.items()
}
for name, values in accuracy.items():
    print(f"{name:36}" + " ".join(f"{value:.3f}" for value in values))

# %%
# The denoiser is what helps. Training it together with the classifier loses to the pipeline with
# few labels, and gains a hundredth with all of them in this split; over three splits, nothing.
figure, axes = plt.subplots(1, 2, figsize=(12, 3.8), width_ratios=[1, 1.2], layout="constrained")
rows = np.stack([X[test[:8]], noisy[test[:8]], denoiser.transform(noisy[test[:8]])])
rows = np.pad(rows.reshape(3, 8, 8, 8), [(0, 0), (0, 0), (1, 1), (1, 1)])
axes[0].imshow(rows.swapaxes(1, 2).reshape(30, 80), cmap="gray_r", vmin=0, vmax=16)
axes[0].set(xticks=[], yticks=[5, 15, 25], yticklabels=["digit", "noisy", "denoised"])
for name, values in accuracy.items():
    axes[1].plot(sizes, values, "o-", label=name)
axes[1].set(xscale="log", xlabel="labeled digits", ylabel="accuracy on noisy test digits")
axes[1].set_xticks(sizes, sizes)
axes[1].minorticks_off()
axes[1].legend()
plt.show()
