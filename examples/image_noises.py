"""
Noises of images: hue, shifts, occlusion
========================================

A denoising autoencoder mends the corruption that it was trained with. In this example, color
patches of a photograph are recolored, made lighter or darker, or partly hidden, and digits are
moved by a whole pixel. One autoencoder is trained with each corruption, one with Gaussian noise.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits, load_sample_image
from sklearn.feature_extraction.image import extract_patches_2d

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Gaussian, ImageAugmentation, Occlusion

# %%
# Patches have 8x8 pixels of red, green and blue in [0, 1], digits 8x8 gray ones. The left half of
# the photograph and the first digits are for training.
photograph = (load_sample_image("flower.jpg") / 255).astype(np.float32)
patches = [
    extract_patches_2d(part, (8, 8), max_patches=1000, random_state=0).reshape(1000, -1)
    for part in np.array_split(photograph, 2, axis=1)
]
digits = np.array_split(load_digits().data.astype(np.float32) / 16, 2)
corruptions = {
    "hue": (patches, ImageAugmentation((8, 8, 3), hue=0.5)),
    "brightness": (patches, ImageAugmentation((8, 8, 3), brightness=0.4)),
    "occlusion": (patches, Occlusion((8, 8, 3), size=0.5)),
    "shift": (digits, ImageAugmentation((8, 8), pixel_shift=1)),
}


def mended(X, corruption, given):
    """Return what an autoencoder makes of samples if it is trained with a corruption."""
    model = DenoisingAutoencoder(corruption=corruption, max_epochs=10, random_state=0)
    return model.fit(X).transform(given)


def picture(rows):
    """Return an image of rows of patches; missing pixels are gray."""
    grids = np.stack(rows).reshape(len(rows), -1, 8, 8, rows[0].shape[1] // 64)
    grids = np.pad(grids, [(0, 0), (0, 0), (1, 1), (1, 1), (0, 0)], constant_values=1.0)
    joined = grids.swapaxes(1, 2).reshape(10 * len(rows), -1, grids.shape[-1])
    return np.clip(np.nan_to_num(joined, nan=0.5), 0, 1)


# %%
# The titles have the error of the given images, after training on Gaussian noise, and after
# training on the corruption. Missing pixels are predicted by any autoencoder, and training on
# occlusion still helps. The other corruptions are not mended at all without training on them.
figure, axes = plt.subplots(4, 1, figsize=(8, 10), layout="constrained")
for axis, (name, ((X, X_test), corruption)) in zip(axes, corruptions.items(), strict=True):
    given = corruption(torch.from_numpy(X_test), torch.Generator().manual_seed(0)).numpy()
    noise = Gaussian(0.2, clip=(0, 1))
    rows = [X_test, given, mended(X, noise, given), mended(X, corruption, given)]
    filled = np.where(np.isnan(given), X.mean(axis=0), given)
    errors = [((row - X_test) ** 2).mean() for row in (filled, *rows[2:])]
    title = f"{name}: error {errors[0]:.4f}, then {errors[1]:.4f} and {errors[2]:.4f}"
    print(title)
    shown = np.argsort(-X_test.std(axis=1))[:120:8]
    axis.imshow(picture([row[shown] for row in rows]), cmap="gray")
    axis.set(title=title, xticks=[], yticks=[5, 15, 25, 35])
    axis.set_yticklabels(["image", "given", "trained on Gaussian noise", f"trained on {name}"])
plt.show()
