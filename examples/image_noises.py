"""
Noises of images: hue, shifts, occlusion
========================================

A denoising autoencoder mends the corruption that it was trained with. In this example, color
patches of a photograph are recolored, moved by whole pixels, or partly hidden. One autoencoder is
trained with each of these corruptions, and one with Gaussian noise.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_sample_image
from sklearn.feature_extraction.image import extract_patches_2d

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Gaussian, ImageAugmentation, Occlusion

# %%
# The patches have 8x8 pixels of red, green and blue in [0, 1]. Those of the left half of the
# photograph are for training.
shape = (8, 8, 3)
photograph = (load_sample_image("flower.jpg") / 255).astype(np.float32)
X, X_test = (
    extract_patches_2d(part, shape[:2], max_patches=1000, random_state=0).reshape(1000, -1)
    for part in np.array_split(photograph, 2, axis=1)
)
corruptions = {
    "hue": ImageAugmentation(shape, hue=0.5),
    "brightness": ImageAugmentation(shape, brightness=0.4),
    "whole-pixel shift": ImageAugmentation(shape, pixel_shift=2),
    "occlusion": Occlusion(shape, size=0.5),
}
settings = {"max_epochs": 15, "random_state": 0}
usual = DenoisingAutoencoder(corruption=Gaussian(0.2, clip=(0, 1)), **settings).fit(X)


def corrupted(X, corruption):
    """Return corrupted samples."""
    return corruption(torch.from_numpy(X), torch.Generator().manual_seed(0)).numpy()


def picture(rows):
    """Return an image of rows of patches; missing pixels are gray."""
    patches = np.stack(rows).reshape(len(rows), -1, *shape)
    padded = np.pad(patches, [(0, 0), (0, 0), (1, 1), (1, 1), (0, 0)], constant_values=1.0)
    joined = padded.swapaxes(1, 2).reshape(10 * len(rows), -1, 3)
    return np.clip(np.nan_to_num(joined, nan=0.5), 0, 1)


# %%
# Missing pixels are predicted by any autoencoder, so that Gaussian noise suffices for occlusion.
# The other corruptions are hardly mended without training on them. A hue is found from the
# contents of a patch, and colors that are rare in the training half are not found.
shown = np.argsort(X_test.reshape(1000, -1, 3).std(axis=(1, 2)))[::-42][:14]
figure, axes = plt.subplots(2, 2, figsize=(13, 6.2), layout="constrained")
for axis, (name, corruption) in zip(axes.flat, corruptions.items(), strict=True):
    given = corrupted(X_test, corruption)
    own = DenoisingAutoencoder(corruption=corruption, **settings).fit(X)
    returned = [model.transform(given) for model in (usual, own)]
    before = ((np.where(np.isnan(given), X.mean(axis=0), given) - X_test) ** 2).mean()
    errors = [((rows - X_test) ** 2).mean() for rows in returned]
    title = f"{name}: error {before:.4f}, mended {errors[0]:.4f} and {errors[1]:.4f}"
    print(title)
    axis.imshow(picture([rows[shown] for rows in (X_test, given, *returned)]))
    labels = ["patch", "given", "trained on Gaussian noise", f"trained on {name}"]
    axis.set(title=title, xticks=[], yticks=[5, 15, 25, 35], yticklabels=labels)
plt.show()
