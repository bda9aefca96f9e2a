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
    Number of units in each hidden layer of the encoder, from the input to the code. The decoder
    mirrors them. An empty sequence gives a linear autoencoder. "auto" uses two layers: the
    first has about four times as many units as there are features, or samples if these are
    fewer, between 128 and 512, and the second has half as many.

activation : str, default="gelu"
    Activation function of the hidden layers: "elu", "gelu", "identity", "leaky_relu",
    "logistic", "relu", "selu", "silu", "softplus" or "tanh".

dropout : "auto" or float, default="auto"
    Dropout rate of the hidden layers, in [0, 1): the fraction of the hidden units that are
    dropped in a training step. "auto" decreases with the number of samples :math:`n`: it is
    :math:`20 \sqrt{p} / (20 \sqrt{p} + n)` for :math:`p` features, and 0 if that is less than
    5 %. If the sample weights sum to more than the number of samples, :math:`n` is their sum.

network : Network, "dense", "linear" or None, default=None
    Another network architecture, from :mod:`sklearn_autoencoders.networks`, such as
    `Convolutional(image_shape=(28, 28))`, or a custom one. It cannot be combined with
    `hidden_layer_sizes`, `activation` and `dropout`, which describe the default network.

init : {"pca", "random"}, default="pca"
    Initialization of the weights. With "pca", training starts from the principal components.
    With "random", all weights are random and the network has no linear path.

categorical_features : "from_dtype", array-like or None, default="from_dtype"
    Which columns of a table contain categories. "from_dtype" recognizes columns of strings,
    booleans and categorical types in the frames of pandas, polars, PyArrow and other packages,
    and columns of strings in an array of objects, also if the strings look like numbers.
    Otherwise a mask, indices or names of columns; None for none. Strings of other columns are
    converted to numbers. An unknown category is a missing value.

max_categories : int or None, default=256
    Maximum number of categories of a column, with the infrequent one. If there are more, the
    most frequent ones are kept, and all others share one infrequent category. None for no
    limit. The network has one input for each category.

min_frequency : int, float or None, default=None
    Categories of fewer samples share the infrequent category: a number of samples, or a
    fraction of all samples in (0, 1). None for no limit. Sample weights are not considered. The
    infrequent category is decoded as the most frequent of its categories.

scaling : {"auto", "global", "channel", "feature"} or None, default="auto"
    Scaling of the numbers that the network receives. "global" centers the features and divides
    all of them by one common scale; "channel" divides those of each channel of images or series
    by one scale; "feature" divides each by its standard deviation; None leaves them unchanged.
    "auto" is "channel" for a network of series, "global" if all columns are numbers, and
    otherwise "feature". Reconstructions are in the original units of X in all cases.

loss : str, default="squared_error"
    Reconstruction loss :math:`\ell`: "squared_error", "absolute_error", "huber" (quadratic up
    to one unit of scale, linear beyond), "cauchy" (its gradient decreases beyond one unit of
    scale) or "binary_cross_entropy" (requires X in [0, 1]).

penalty : str, Penalty, callable, list of these or None, default=None
    Penalty added to the loss: "contractive", "kl_sparsity", "l1", "neighbors", "orthogonal", an
    instance of a class from :mod:`sklearn_autoencoders.objectives`, such as `L1(weight=0.001)`,
    or a function of torch tensors that returns one value per sample or one for the batch, such
    as `lambda output, x, network: 0.001 * output.code.abs().sum(1)`. With "neighbors", codes of
    neighbors are near to each other, as in t-SNE.

pretraining : "layerwise" or None, default=None
    With "layerwise", each pair of layers (a layer of the encoder and the layer of the decoder
    that mirrors it) is first trained separately, from the outermost to the innermost, on the
    codes of the preceding pairs. This requires `init="random"` and a network of such pairs.
    Each level of a convolutional network is such a pair.

pretraining_epochs : int, default=5
    Number of pretraining epochs for each pair of layers.

solver : {"adam", "sgd"}, default="adam"
    Optimizer. "sgd" uses Nesterov momentum of 0.9.

schedule : {"one_cycle", "constant"}, default="one_cycle"
    Learning rate schedule. "one_cycle" increases the learning rate to `learning_rate` and then
    decreases it to zero over `max_epochs`; "constant" keeps it fixed.

learning_rate : float, default=5e-3
    Maximum learning rate of the schedule.

weight_decay : float, default=10.0
    Weight decay of the hidden layers. Each step multiplies their weights by one minus the
    learning rate times `weight_decay` divided by the square root of the number of samples
    :math:`n`, so that the decay is weaker for larger datasets. The default is not as strong as
    it looks: with 1000 samples and a learning rate of 0.005, a step multiplies the weights by
    0.998. Biases and the principal components are not decayed.

batch_size : "auto" or int, default="auto"
    Number of samples per batch. "auto" uses all samples in one batch if there are at most 64;
    otherwise it is about a fortieth of the number of samples, a power of two between 32 and
    256.

max_epochs : "auto" or int, default="auto"
    Maximum number of epochs. "auto" corresponds to about 4000 steps, in 10 to 40 epochs.

early_stopping : bool, default=False
    Whether to set aside validation samples, to stop training when their loss no longer
    improves, and to keep the best weights, including the initial ones. With the one-cycle
    schedule the loss improves until the end, so that training rarely stops early; use
    `schedule="constant"` to reduce the training time.

validation_fraction : float, default=0.1
    Fraction of the samples, in (0, 1), that early stopping uses as validation set. They are
    drawn at random.

n_iter_no_change : int, default=10
    Number of epochs without improvement after which early stopping ends training.

tol : float, default=1e-6
    Minimum decrease of the validation loss, in the units of the loss, that counts as an
    improvement. Epochs in which the learning rate still increases are not counted.

warm_start : bool, default=False
    Whether `fit` continues training with the weights and the scaling of the previous `fit`.

device : str, default="auto"
    Device used for training: "cpu", "cuda", "cuda:1", and so on. "auto" uses a GPU if one is
    available.

dtype : {"auto", "float32", "float64"}, type or numpy.dtype, default="auto"
    Floating-point type used for training. "auto" is float64 for up to 64 samples with up to
    1024 features, and float32 for more. Independently of this parameter, float64 samples are
    transformed in float64 and float32 samples in float32.

random_state : int, RandomState instance or None, default=None
    Determines the initial weights, the order of the samples, dropout, corruptions and the
    validation samples. No global random generator is read or modified. None uses fresh entropy
    for each fit.

verbose : int, default=0
    If 1, a line is printed after every epoch.

callbacks : list of skorch callbacks or None, default=None
    Callbacks of skorch's training loop. For scikit-learn's callbacks, use
    :meth:`set_callbacks`.

checkpoint : str, path-like or None, default=None
    Folder in which a fit saves the state that is needed to resume it. If the process is
    interrupted, the next fit of an estimator with the same parameters to the same data resumes
    after the last saved epoch. Its result is bitwise identical to that of an uninterrupted fit;
    callbacks are only called for the remaining epochs. Files are written atomically, in at most
    about 5 % of the training time, and are removed at the end of the fit. The fits of a
    parameter search can share a folder. Requires `random_state` to be set. User-defined
    functions and classes are identified by name only: empty the folder after changing one.
"""

FINE_TUNING = r"""
n_components : int or float, default=64
    Latent dimension. A float in (0, 1) is the fraction of the variance that PCA would have to
    explain.

encoder : autoencoder of this package, FrozenEstimator or None, default=None
    Autoencoder to start from, instead of pretraining. If it is fitted, a copy of its weights
    and its scaling are used; otherwise a copy of it is first fitted to all samples. `clone` and
    parameter searches discard the fit unless the autoencoder is wrapped in
    :class:`sklearn.frozen.FrozenEstimator`. It cannot be combined with parameters that describe
    a network.

alpha : float, default=0.0
    Weight of the reconstruction loss as an auxiliary task during fine-tuning, on the samples
    of fine-tuning.

freeze : {"gradual", "head", "none", "all"}, default="none"
    Which layers of the encoder keep their pretrained weights during fine-tuning. With "head",
    the whole encoder is frozen for `freeze_epochs`. With "gradual", it is then unfrozen one
    layer at a time, from the code to the input, every `freeze_epochs`. With "none", all layers
    are trained from the start. With "all", only the head is trained.

head : {"auto", "linear", "ensemble"} or Branches, default="auto"
    What predicts.

    - "linear": a linear map of the code, which is trained together with the encoder. For
      images, series, texts, and tables of which few samples have labels.
    - "ensemble": eight members, which predict from the columns and from the code, whose encoder
      is not trained further. Each is a regression on the columns plus a network. For tables. A
      member is trained without an eighth of the samples. These decide after how many epochs
      training stops and how much of the networks is kept (`network_weight_`). Two kinds of
      indicators are added to the columns where they improve the regressions: those of missing
      values, and those of the values of numbers that may be codes, such as the members of a
      panel (3 to 256 values, in three samples or more on average). For an array or a frame of
      more than 60 numbers, the networks read the code only.
    - :class:`sklearn_autoencoders.networks.Branches`: the features and the code pass through
      hidden layers of their own, and are then joined.
    - "auto": "ensemble" for tables with columns of categories or dates, and for numbers if
      neither `encoder` nor `network` is given and no sample gets a pseudo-label: up to 60
      numbers, of a classifier also more than labeled samples, and any of a regressor if all
      samples have a target. Otherwise "linear", and always if `alpha`, `head_layer_sizes`,
      `freeze`, `freeze_epochs` or `learning_rate_ratio` is given, or if there are more than 60
      numbers, and more than 20 million in (at most 10 000) samples.

    The attribute `head_` is the one in use.

head_layer_sizes : sequence of int, default=()
    Number of units in each hidden layer of a linear head. Their output is added to that of the
    linear map, and is zero before training.

freeze_epochs : int, default=1
    Number of epochs over the labeled samples before the next layers are unfrozen.

learning_rate_ratio : float, default=1.0
    Learning rate of the encoder during fine-tuning, divided by the learning rate of the head.

pretraining : {"joint", "layerwise"} or None, default="joint"
    Whether to train the autoencoder on all samples first. "joint" trains all layers together;
    "layerwise" trains each pair of layers (a layer of the encoder and the layer of the decoder
    that mirrors it) separately, from the outermost to the innermost, which requires
    `init="random"` and a network of such pairs. Each level of a convolutional network is such a
    pair.

pretraining_corruption : str, Corruption, callable, list of these or None, default=None
    Corruption of the samples during pretraining, in the units of X, as `corruption` in
    :class:`AutoencoderTransformer`. None uses the value of `corruption`. Without pretraining,
    `fit` warns that it has no effect.

pretraining_epochs : "auto" or int, default="auto"
    Number of pretraining epochs over all samples; with layerwise pretraining, for each pair of
    layers. "auto" is as for `max_epochs`, or a fifth of that if the head is an ensemble and all
    samples have labels.

pretraining_learning_rate : float, default=5e-3
    Maximum learning rate of the schedule during pretraining.

corruption : str, Corruption, callable, list of these or None, default="auto"
    Corruption of the samples during fine-tuning, in the units of X, as in
    :class:`AutoencoderTransformer`: with "masking", each value is missing with probability
    0.25. "auto" is "masking", except for the networks of an ensemble that read the code only:
    codes of masked samples are smaller than those of the samples to predict.

scaling : {"auto", "global", "channel", "feature"} or None, default="auto"
    Scaling of the data that the network receives. "global" centers the features and divides all
    of them by one common scale; "channel" divides those of each channel of images or series by
    one scale; "feature" divides each by its standard deviation; None leaves X unchanged. "auto"
    is "channel" for a network of series, and otherwise "feature".

loss_curve_ : list of float
    Mean objective of every epoch of fine-tuning on the labeled samples. It includes dropout and
    corruption, and is averaged while the weights are being updated.

n_samples_seen_ : float
    Number of samples, also unlabeled ones, or their total weight if that is larger.

learning_rate : float, default=3e-4
    Maximum learning rate of the schedule during fine-tuning, for the head; an ensemble, and a
    classifier that also learns predicted labels, are trained with three times this rate. With
    thousands of labeled samples, larger values can be used.

head_ : {"linear", "ensemble", "branches"}
    The head of the last fit.

network_weight_ : float
    Weight of the networks of an ensemble, in [0, 1], beside its regressions. If it is 0, the
    regressions alone predict, and parameters of the networks have no influence. It is 1 for
    other heads and with `early_stopping`, and NaN if it is not known, because an ensemble is
    loaded from a file of an earlier version.
"""

ATTRIBUTES = r"""
n_components_ : int
    Latent dimension.

network_ : torch.nn.Module
    The trained network. It operates on scaled samples; `network_.encoder` and
    `network_.decoder` are its two parts.

center_ : ndarray of shape (n_inputs,)
    Values subtracted from the inputs of the network: the means of the features, or zeros with
    `scaling=None`. A column of categories has one input for each category, from which its
    frequency is subtracted; otherwise the inputs are the features.

scale_ : ndarray of shape (n_inputs,)
    Values by which the centered inputs are divided: with `scaling="feature"`, one for constant
    features; with `scaling=None`, one for all features.

loss_curve_ : list of float
    Mean objective of every epoch on the scaled training data. It includes dropout, corruption
    and penalties, and is averaged while the weights are being updated.

validation_scores_ : list of float or None
    Negative validation loss after every epoch, if `early_stopping`; NaN for epochs of earlier
    fits without early stopping.

pretraining_curves_ : list of list of float
    Loss curve of each pair of layers, or of all layers together, if `pretraining`.

n_epochs_ : int
    Number of completed epochs.

n_samples_seen_ : float
    Number of samples, or their total weight if that is larger, used by `fit` or by all calls of
    `partial_fit`.

n_features_in_ : int
    Number of features seen during fit.

feature_names_in_ : ndarray of shape (n_features_in_,)
    Names of the features, if all of them are strings.
"""

ALL, FINE_TUNED = (PARAMETERS, ATTRIBUTES), (PARAMETERS, ATTRIBUTES, FINE_TUNING)

# The texts of each class; a later text replaces entries of an earlier one.
TEXTS = {
    "AutoencoderClassifier": FINE_TUNED,
    "AutoencoderFeatureUnion": ALL,
    "AutoencoderOutlierDetector": ALL,
    "AutoencoderRecommender": ALL,
    "AutoencoderRegressor": FINE_TUNED,
    "AutoencoderTransformer": ALL,
    "AutoregressiveGenerator": ALL,
    "DenoisingAutoencoder": ALL,
    "VAEGenerator": ALL,
}

# Entries that are specific to a class and are left as they are in its docstring.
OWN = {
    "AutoencoderFeatureUnion": {"random_state", "verbose"},
    "AutoencoderOutlierDetector": {
        "activation",
        "batch_size",
        "categorical_features",
        "dropout",
        "hidden_layer_sizes",
        "learning_rate",
        "loss",
        "loss_curve_",
        "max_epochs",
        "min_frequency",
        "random_state",
        "scaling",
        "validation_fraction",
        "weight_decay",
    },
    "AutoencoderRecommender": {
        "activation",
        "center_",
        "hidden_layer_sizes",
        "learning_rate",
        "max_epochs",
        "n_features_in_",
        "scale_",
        "weight_decay",
    },
    "AutoregressiveGenerator": {
        "batch_size",
        "center_",
        "learning_rate",
        "max_epochs",
        "network",
        "scale_",
        "weight_decay",
    },
    "DenoisingAutoencoder": {
        "batch_size",
        "hidden_layer_sizes",
        "max_epochs",
        "pretraining",
        "pretraining_epochs",
        "scaling",
    },
    "VAEGenerator": {
        "batch_size",
        "learning_rate",
        "max_epochs",
        "scaling",
        "schedule",
        "solver",
        "weight_decay",
    },
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
    for node in reversed(ast.parse(source).body):  # from the end: line numbers stay valid
        if isinstance(node, ast.ClassDef) and node.name in TEXTS:
            entries, docstring = entries_of(node.name), node.body[0]
            span = slice(docstring.lineno - 1, docstring.end_lineno)
            old = "".join(lines[span])
            lines[span] = [ENTRY.sub(lambda e, shared=entries: shared.get(e[1], e[0]), old)]
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
