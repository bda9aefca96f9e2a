"""
Denoising of images
===================

:class:`~sklearn_autoencoders.DenoisingAutoencoder` learns to remove corruptions. It corrupts clean
samples during training, or is trained on pairs of corrupted and clean samples. ``transform`` then
returns denoised samples.
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
# A corruption is a parameter in the units of X. The corruptions of a list are applied in sequence.
corruptions = {
    "Gaussian noise": [Gaussian(0.4, clip=(0, 1))],
    "salt and pepper": [SaltAndPepper(0.2)],
    "rotation, shift, brightness, compression": [
        ImageAugmentation((8, 8), rotation=15, shift=0.1, brightness=0.2, jpeg_quality=(20, 60))
    ],
}


def corrupted(rows, corruption, seed):
    """Return corrupted samples."""
    generator = torch.Generator().manual_seed(seed)
    return corrupt(corruption, torch.from_numpy(rows), generator, shared=False).numpy()


# %%
# Each estimator is trained on clean digits, with a new corruption in every step.
pictures, settings = {}, {"max_epochs": 25, "random_state": 0}
for name, corruption in corruptions.items():
    denoiser = DenoisingAutoencoder(corruption=corruption, **settings).fit(X)
    bad = corrupted(X_test, corruption, seed=0)
    pictures[name] = bad, denoiser.transform(bad)

# %%
# If the corruption is not known as a function, the estimator is trained on pairs. In this example,
# every third column of pixels is lost and the others are blurred. Training adds no further
# corruption.
blurred, blurred_test = (0.5 * rows + 0.5 * np.roll(rows, 1, axis=1) for rows in (X, X_test))
for rows in (blurred, blurred_test):
    rows.reshape(-1, 8, 8)[:, :, ::3] = 0
from_pairs = DenoisingAutoencoder(**settings).fit(blurred, clean=X)
pictures["trained on pairs"] = blurred_test, from_pairs.transform(blurred_test)

# %%
# The errors are mean squared errors with respect to the clean digits.
figure, axes = plt.subplots(4, 1, figsize=(8, 6.4), layout="constrained")
for axis, (name, (bad, good)) in zip(axes, pictures.items(), strict=True):
    before, after = (((rows - X_test) ** 2).mean() for rows in (bad, good))
    ReconstructionDisplay.from_predictions(bad[:12], good[:12], image_shape=(8, 8), ax=axis)
    axis.set_yticklabels(["corrupted", "denoised"])
    axis.set_title(f"{name}: error per pixel {before:.3f}, denoised {after:.3f}")
plt.show()
