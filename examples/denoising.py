"""
Cleaning noise, gaps and crooked scans
======================================

:class:`~sklearn_autoencoders.DenoisingAutoencoder` learns to undo damage. It damages clean rows for
itself, or takes pairs of damaged and clean ones; afterwards ``transform`` gives clean rows.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Gaussian, ImageAugmentation, SaltAndPepper, corrupt
from sklearn_autoencoders.inspection import ReconstructionDisplay

X, _ = load_digits(return_X_y=True)
X, X_test = train_test_split(X / 16, random_state=0)

# %%
# Damage is a value too, in the units of X; a list is applied one after another.
damages = {
    "Gaussian noise": [Gaussian(0.4, clip=(0, 1))],
    "salt and pepper": [SaltAndPepper(0.2)],
    "turned, moved, darker, compressed": [
        ImageAugmentation((8, 8), rotation=15, shift=0.1, brightness=0.2, jpeg_quality=(20, 60))
    ],
}


def damaged(rows, damage, seed):
    """Return rows as a sensor might give them."""
    generator = torch.Generator().manual_seed(seed)
    return corrupt(damage, torch.from_numpy(rows), generator, shared=False).numpy()


# %%
# Each learns from clean digits, which it damages anew in every step.
pictures, settings = {}, {"max_epochs": 25, "random_state": 0}
for name, damage in damages.items():
    denoiser = DenoisingAutoencoder(corruption=damage, **settings).fit(X)
    bad = damaged(X_test, damage, seed=0)
    pictures[name] = bad, denoiser.transform(bad)

# %%
# Pairs, where nobody can write the damage down: here the sensor drops every third column of
# pixels and smears the rest. Nothing more is damaged in training.
smeared, smeared_test = (0.5 * rows + 0.5 * np.roll(rows, 1, axis=1) for rows in (X, X_test))
for rows in (smeared, smeared_test):
    rows.reshape(-1, 8, 8)[:, :, ::3] = 0
by_pairs = DenoisingAutoencoder(**settings).fit(smeared, clean=X)
pictures["learnt from pairs"] = smeared_test, by_pairs.transform(smeared_test)

# %%
# Errors are mean squares against the clean digits.
figure, axes = plt.subplots(4, 1, figsize=(8, 6.4), layout="constrained")
for axis, (name, (bad, good)) in zip(axes, pictures.items(), strict=True):
    before, after = (((rows - X_test) ** 2).mean() for rows in (bad, good))
    ReconstructionDisplay.from_predictions(bad[:12], good[:12], image_shape=(8, 8), ax=axis)
    axis.set_yticklabels(["damaged", "cleaned"])
    axis.set_title(f"{name}: error per pixel {before:.3f}, cleaned {after:.3f}")
plt.show()
