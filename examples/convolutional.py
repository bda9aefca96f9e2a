"""
Convolutional autoencoder
=========================

:class:`~sklearn_autoencoders.networks.Convolutional` supports images of any height, width and
number of channels, and arrays of any layout. In this example it denoises a photograph patch by
patch. It is compared with the default network, which does not use the positions of the pixels.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_sample_image
from sklearn.decomposition import PCA
from sklearn.feature_extraction.image import extract_patches_2d, reconstruct_from_patches_2d

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Gaussian
from sklearn_autoencoders.networks import Convolutional

# %%
# The patches have 9x11 pixels and three channels. One half of a photograph is used for training,
# the other half is denoised.
size = (9, 11)
whole = load_sample_image("china.jpg")[::2, ::2] / 255.0
photograph, training = whole[30:130, 100:220], whole[:, 220:]
patches = extract_patches_2d(training, size, max_patches=3000, random_state=0).astype(np.float32)
noisy = np.clip(photograph + np.random.default_rng(0).normal(0, 0.2, photograph.shape), 0, 1)
noisy_patches = extract_patches_2d(noisy, size).astype(np.float32)


def denoised(denoise):
    """Return the denoised photograph: each pixel is the mean over the overlapping patches."""
    rows = denoise(noisy_patches.reshape(len(noisy_patches), -1))
    return reconstruct_from_patches_2d(rows.reshape(-1, *size, 3), photograph.shape)


# %%
# Pooling would remove details, so that the network does not pool. The code has 60 components, a
# patch has 297 values.
network = Convolutional((*size, 3), channels=(12, 12), pooling=False)
settings = {"corruption": Gaussian(0.2, clip=(0, 1)), "max_epochs": 10, "random_state": 0}
rows = patches.reshape(len(patches), -1)
dense = DenoisingAutoencoder(60, **settings).fit(rows)
convolutional = DenoisingAutoencoder(60, network=network, **settings).fit(rows)
pca = PCA(20).fit(rows)
pictures = {
    "photograph": photograph,
    "noisy": noisy,
    "PCA, 20 components": denoised(lambda x: pca.inverse_transform(pca.transform(x))),
    "default network": denoised(dense.transform),
    "convolutional": denoised(convolutional.transform),
}

# %%
# After so few epochs, both networks are equally good, and better than PCA. On MNIST, with nine
# minutes of training, the convolutional network was better: an error of 0.0099 compared with
# 0.0114. Red is pale in all results, because the training half contains hardly any red.
figure, axes = plt.subplots(1, 5, figsize=(16, 3.2), layout="constrained")
for axis, (name, picture) in zip(axes, pictures.items(), strict=True):
    error = ((picture - photograph) ** 2).mean()
    axis.imshow(np.clip(picture, 0, 1))
    axis.set_axis_off()
    axis.set_title(f"{name}\nerror {error:.4f}")
    print(f"{name:20} mean squared error {error:.4f}")
plt.show()
