"""A walk through the code of a VAE: digits drawn, varied, and turned into one another.

Draws demo/latent_space.png: new digits of every class, an interpolation between two test digits, a
traversal of single components, and draws around one digit.
"""

import os
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import VAEGenerator

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PICTURE = Path(__file__).parents[1] / "demo" / "latent_space.png"
N_STEPS = 10


def traversal(generator, row, codes, n_components=3):
    """Return what a row becomes as one component of its code after another takes all values."""
    code = np.repeat(generator.transform(row[None]), n_components * N_STEPS, axis=0)
    in_use = np.argsort(generator.kl_per_component_)[::-1][:n_components]
    for i, component in enumerate(in_use):
        steps = np.quantile(codes[:, component], np.linspace(0.01, 0.99, N_STEPS))
        code[i * N_STEPS : (i + 1) * N_STEPS, component] = steps
    return generator.inverse_transform(code).reshape(n_components, N_STEPS, -1)


def main():
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, _ = train_test_split(X / 16, y, random_state=0)
    settings = {"likelihood": "continuous_bernoulli", "random_state": 0}
    plain = VAEGenerator(10, **settings).fit(X_train)
    conditional = VAEGenerator(10, conditional=True, **settings).fit(X_train, y_train)
    strips = {
        "drawn by class": conditional.sample(y=np.arange(10), random_state=0, noise=False),
        "from one to another": plain.interpolate(X_test[:1], X_test[1:2], N_STEPS)[0],
        "around one": plain.perturb(X_test[:1], 2.0, N_STEPS, random_state=0, noise=False),
    }
    for i, strip in enumerate(traversal(plain, X_test[0], plain.transform(X_train))):
        strips[f"component {i + 1}"] = strip
    print(f"log-likelihood of test digits: {plain.score(X_test):.1f} nats")
    print(f"components in use: {plain.active_units_} of {plain.n_components_}")
    draw(strips)


def draw(strips):
    size, apart = (N_STEPS, 1.3 * len(strips)), {"hspace": 0.3}  # room for the titles
    figure, axes = plt.subplots(len(strips), N_STEPS, figsize=size, gridspec_kw=apart)
    for row, (title, images) in zip(axes, strips.items(), strict=True):
        row[0].set_title(title, loc="left", fontsize=8)
        for axis, image in zip(row, images, strict=True):
            axis.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
            axis.axis("off")
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=120, bbox_inches="tight")
    print(os.path.relpath(PICTURE))


if __name__ == "__main__":
    main()
