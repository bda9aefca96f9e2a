"""Write the docstring entries that several estimators share into the source of the estimators.

`python tools/shared_docstrings.py` rewrites the class docstrings in place. With `--check` it writes
nothing, prints the names of the files that differ and exits with status 1 if there are any.
"""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path

ESTIMATORS = Path(__file__).resolve().parents[1] / "sklearn_autoencoders" / "_estimators"

PARAMETERS = r"""
hidden_layer_sizes : "auto", int or sequence of int, default="auto"
    Widths of the encoder's hidden layers, from the input to the code; the decoder mirrors
    them. An empty sequence gives a linear autoencoder. "auto" is two layers, the first about
    four times as wide as the input, between 128 and 512, the second half of that.

activation : str, default="gelu"
    Non-linearity of the hidden layers: "elu", "gelu", "identity", "leaky_relu", "logistic",
    "relu", "selu", "silu", "softplus" or "tanh".

dropout : "auto" or float, default="auto"
    Share of the hidden units, in [0, 1), that sit out a training step. "auto" falls with the
    number of rows :math:`n`: :math:`20 \sqrt{p} / (20 \sqrt{p} + n)`, and nothing below 5 %.
    Where sample weights sum to more than the number of rows, their sum is :math:`n`.

network : Network, "dense", "linear" or None, default=None
    Another network, from :mod:`sklearn_autoencoders.networks`, such as
    `Convolutional(image_shape=(28, 28))`, or of your own. It excludes
    `hidden_layer_sizes`, `activation` and `dropout`, which describe the default one.

init : {"pca", "random"}, default="pca"
    Whether to start at the principal components or, as is classical, at random weights without
    a linear path.

scaling : {"global", "feature"} or None, default="global"
    The network sees centred columns divided by one common scale, by the standard deviation of
    each, or as they are. What comes out is in the units of X in any case.

loss : str, default="squared_error"
    Reconstruction loss :math:`\ell`: "squared_error", "absolute_error", "huber" (quadratic up
    to one unit of scale), "cauchy" (beyond it of a falling gradient) or "binary_cross_entropy"
    (X has to lie in [0, 1]).

penalty : str, Penalty, callable, list of these or None, default=None
    What is added to the loss: "contractive", "kl_sparsity", "l1", "orthogonal", a part with
    parameters from :mod:`sklearn_autoencoders.objectives`, such as `L1(weight=0.001)`, or a
    function of torch tensors that returns one value per row or one for the batch, such as
    `lambda output, x, network: 0.001 * output.code.abs().sum(1)`.

pretraining : "layerwise" or None, default=None
    Whether to train each pair of layers by itself first, from the outermost to the innermost,
    on the codes of those before. Needs `init="random"` and a network of paired layers.

pretraining_epochs : int, default=5
    Passes over the data for each pair of layers.

solver : {"adam", "sgd"}, default="adam"
    Optimiser; "sgd" has Nesterov momentum 0.9.

schedule : {"one_cycle", "constant"}, default="one_cycle"
    Course of the learning rate: up to `learning_rate` and down to zero over `max_epochs`, or
    always the same.

learning_rate : float, default=5e-3
    Peak of the schedule.

weight_decay : float, default=10.0
    Pull of the hidden weights towards zero: every step multiplies them by one minus the
    learning rate times `weight_decay` divided by the root of the number of rows :math:`n`, so
    that more data means less pull. Biases and the principal components are exempt.

batch_size : "auto" or int, default="auto"
    Rows per step. "auto" is all of them up to 64 rows, then about a fortieth of the rows, a
    power of two between 32 and 256.

max_epochs : "auto" or int, default="auto"
    Passes over the data. "auto" makes about 4000 steps, in 10 to 40 passes.

early_stopping : bool, default=False
    Whether to hold out rows, to stop when their loss no longer improves, and to keep the best
    weights, those of the start included. The one-cycle schedule improves up to its end, so that
    it seldom stops early: to save time, use `schedule="constant"`.

validation_fraction : float, default=0.1
    Share of the rows, drawn at random, that early stopping holds out.

n_iter_no_change : int, default=10
    Epochs without improvement that early stopping waits for.

tol : float, default=1e-6
    Improvement of the held-out loss, in its own units, that counts as one. Epochs in which the
    learning rate still rises are not counted.

warm_start : bool, default=False
    Whether `fit` goes on from the weights and the scaling of the previous `fit`.

device : str, default="auto"
    Where to train: "cpu", "cuda", "cuda:1", and so on. "auto" takes a GPU if there is one.

dtype : {"auto", "float32", "float64"} or type, default="auto"
    Floating type of training. "auto" is float32, but float64 up to 64 rows. Independently of
    it, float64 rows are transformed in float64 and float32 rows in float32.

random_state : int, RandomState instance or None, default=None
    Source of the initial weights, the order of the rows, dropout, corruptions and the held-out
    rows. No global generator is read or changed; None draws fresh entropy.

verbose : int, default=0
    With 1, a line is printed every epoch.

callbacks : list of skorch callbacks or None, default=None
    Called by skorch's training loop. For scikit-learn's callbacks use :meth:`set_callbacks`.

checkpoint : str, path-like or None, default=None
    A folder where a fit keeps what it needs to go on. If it is killed, the next fit of an
    estimator with the same parameters to the same data goes on after the last epoch that was
    written and ends as if nothing had happened, to the last bit; callbacks see only the rest.
    Files are written whole or not at all, in at most about 5 % of the time, and removed when
    the fit is over; fits of a search can share a folder. Needs a `random_state` that is not
    None. Functions and classes of your own are known by their names: empty the folder when you
    change one. `partial_fit` does not use it.
"""

FINE_TUNING = r"""
n_components : int or float, default=64
    Width of the code. A float in (0, 1) is the share of the variance that PCA would have to
    keep.

encoder : autoencoder of this package, FrozenEstimator or None, default=None
    An autoencoder to start from, instead of pretraining. A fitted one lends a copy of its
    weights and its scaling; another is fitted to all rows first. `clone` and searches undo a
    fit, unless it is wrapped in :class:`sklearn.frozen.FrozenEstimator`. It excludes parameters
    that describe a network.

alpha : float, default=0.0
    Weight of the reconstruction as a side task of fine-tuning, on the rows with labels.

freeze : {"gradual", "head", "none", "all"}, default="none"
    What stays as it was pretrained while the head begins: with "head" the whole encoder, for
    `freeze_epochs`; with "gradual" it is then thawed one layer after another, from the code to
    the input, every `freeze_epochs`; with "none" all layers learn from the start, with "all"
    only the head ever does.

freeze_epochs : int, default=1
    Passes over the rows with labels between one thaw and the next.

learning_rate_ratio : float, default=1.0
    Learning rate of the encoder in fine-tuning, divided by that of the head.

pretraining : {"joint", "layerwise"} or None, default="joint"
    Whether the autoencoder is trained on all rows first: all layers together, or each pair of
    them by itself from the outermost to the innermost, which needs `init="random"` and a
    network of paired layers.

pretraining_corruption : str, Corruption, callable, list of these or None, default=None
    What happens to the rows in pretraining, in the units of X, as `corruption` in
    :class:`AutoencoderTransformer`; None does what `corruption` says.

pretraining_epochs : "auto" or int, default="auto"
    Passes over all rows, for each pair of layers if these are trained one after another. "auto"
    is as for `max_epochs`.

pretraining_learning_rate : float, default=5e-3
    Peak of the schedule of pretraining.

corruption : str, Corruption, callable, list of these or None, default="masking"
    What happens to the rows before the network sees them in fine-tuning, in the units of X, as
    in :class:`AutoencoderTransformer`.

scaling : {"global", "feature"} or None, default="feature"
    The network sees centred columns divided by one common scale, by the standard deviation of
    each, or as they are.

learning_rate : float, default=3e-4
    Peak of the schedule of fine-tuning, for the head. Thousands of labels bear more.
"""

ATTRIBUTES = r"""
n_components_ : int
    Width of the code.

network_ : torch.nn.Module
    The trained network, on scaled rows; `network_.encoder` and `network_.decoder` are its
    halves.

center_ : ndarray of shape (n_features,)
    What is subtracted from the rows: the column means, or zeros with `scaling=None`.

scale_ : ndarray of shape (n_features,)
    What the rows are then divided by. With `scaling="feature"` it is one for columns that do
    not vary, with `scaling=None` for all.

loss_curve_ : list of float
    Mean objective of every epoch on the scaled data: with dropout, corruption and penalties,
    and while the weights moved.

validation_scores_ : list of float or None
    Minus the held-out loss after every epoch, if `early_stopping`; NaN for epochs of earlier
    fits without.

pretraining_curves_ : list of list of float
    Loss curve of each pair of layers, or of all at once, if `pretraining`.

n_epochs_ : int
    Number of passes made.

n_samples_seen_ : float
    Rows, or their total weight if that is more, that `fit` or all calls of `partial_fit` have
    learnt from.

n_features_in_ : int
    Number of columns seen during fit.

feature_names_in_ : ndarray of shape (n_features_in_,)
    Names of the columns, if all are strings.
"""

ALL, FINE_TUNED = (PARAMETERS, ATTRIBUTES), (PARAMETERS, ATTRIBUTES, FINE_TUNING)

# The texts of each class; a later text replaces entries of an earlier one.
TEXTS = {
    "AutoencoderClassifier": FINE_TUNED,
    "AutoencoderFeatureUnion": ALL,
    "AutoencoderOutlierDetector": ALL,
    "AutoencoderRegressor": FINE_TUNED,
    "AutoencoderTransformer": ALL,
    "DenoisingAutoencoder": ALL,
    "VAEGenerator": ALL,
}

# Entries that a class words on its own.
OWN = {
    "AutoencoderFeatureUnion": {"random_state", "verbose"},
    "AutoencoderOutlierDetector": {
        "activation",
        "batch_size",
        "dropout",
        "hidden_layer_sizes",
        "learning_rate",
        "loss",
        "max_epochs",
        "scaling",
        "validation_fraction",
        "weight_decay",
    },
    "VAEGenerator": {"max_epochs", "scaling"},
}

# An entry in a class docstring: a line `name : type` and the lines indented under it.
ENTRY = re.compile(r"^    (\w+) : .*\n(?:\n*        .*\n)*", re.M)


def entries_of(name):
    """Return the shared entries of a class, indented as in its docstring, by their names."""
    entries = {}
    for text in TEXTS[name]:
        for entry in re.split(r"\n\n(?=\w)", text.strip("\n")):
            lines = (f"    {line}" if line else "" for line in entry.splitlines())
            entries[entry.split()[0]] = "\n".join(lines) + "\n"
    return {key: entry for key, entry in entries.items() if key not in OWN.get(name, ())}


def rewritten(source):
    """Return the source of a module with the shared entries in its class docstrings."""
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name in TEXTS:
            entries, docstring = entries_of(node.name), node.body[0]
            span = slice(docstring.lineno - 1, docstring.end_lineno)
            old = "".join(lines[span])
            new = ENTRY.sub(lambda found, shared=entries: shared.get(found[1], found[0]), old)
            lines[span] = [new] + [""] * (
                span.stop - span.start - 1
            )  # later lines keep their place
    return "".join(lines)


def main(argv=None):
    """Rewrite the files of a folder, or check them, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on differences")
    parser.add_argument("folder", nargs="?", type=Path, default=ESTIMATORS)
    options = parser.parse_args(argv)
    differing = []
    for path in sorted(options.folder.glob("*.py")):
        old = path.read_text()
        if (new := rewritten(old)) != old:
            differing.append(path)
            if not options.check:
                path.write_text(new)
    for path in differing:
        print(f"{'differs' if options.check else 'rewritten'}: {path.name}")
    return int(options.check and bool(differing))


if __name__ == "__main__":
    raise SystemExit(main())
