"""The orders in which an autoregressive model predicts the cells of a sample."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from .._data.sources.ranges import find_ranges
from .._data.tables.discriminants import Discriminants
from .._data.tables.level_functions import function_counts, level_functions
from .._data.tables.levels import Levels
from .._inference.conditionals import (
    chain_log_likelihoods,
    conditional_probabilities,
    draw_cells,
    with_shares,
)
from .._inference.run import encode
from .._inference.sequences import (
    continue_sequences,
    mean_states,
    next_log_probabilities,
    sequence_log_likelihoods,
)
from .._training.auto_training import AutoTraining, auto_batch_size
from .._training.initialization import initialize
from .._training.sequence_initialization import initialize_sequences
from .._utils.batch import Carried
from .._utils.layout import Layout
from ..corruptions import Masking
from ..networks._layers.level_basis import start_at_frequencies
from ..objectives._hidden_cells import HiddenCells, NextCells

# Size of the embedding of each column.
_N_EMBEDDING = 8
# Number of samples from which on a table has no discriminants.
_MAX_SAMPLES = 10_000
# Maximum number of samples from which the shares of the discriminants are learned.
_MAX_SHARE_SAMPLES = 1000


class AnyOrder:
    """Columns in any order: a network that predicts hidden columns from the others."""

    is_causal = False
    learn_levels = staticmethod(Levels.learn)
    corruptions = (Masking((0.0, 1.0)),)
    loss = HiddenCells
    training = AutoTraining(
        3000, 100, batch_size=partial(auto_batch_size, n_batches=20, smallest=64)
    )

    @staticmethod
    def check_columns(columns, network):
        """Accept all columns."""

    @staticmethod
    def cut(data, chunk_size, n_positions, carries):
        """Return the training data unchanged."""
        return data

    @staticmethod
    def levels_for(levels, n_columns):
        """Return the levels of cells with this number of columns."""
        return levels

    @staticmethod
    def first_cells(estimator, n_samples, prompt, length):
        """Return cells from which samples are drawn, and the number of further positions."""
        if prompt is not None or length is not None:
            raise ValueError(
                "prompt and length are for sequences, which a causal network draws from left to "
                f"right; got prompt={prompt!r} and length={length!r}. Use "
                "network=CausalRecurrent(), or impute for samples of which some values are known."
            )
        return np.full((n_samples, estimator.n_features_in_), np.nan), 0

    @staticmethod
    def build(estimator, data, rng):
        """Return the attributes of an estimator that has not been trained yet."""
        levels = estimator._levels
        compose = partial(_with_embedding, levels=levels)
        found = initialize(estimator, data, rng, scaling="feature", compose=compose)
        frequencies, scale = found["center_"], found["scale_"]
        functions = level_functions(levels, frequencies, data.n_samples)
        start_at_frequencies(found["network_"], *functions, frequencies, scale)
        is_small = data.n_samples < _MAX_SAMPLES and not data.partial
        parts = levels, data.X, frequencies, data.training_counts
        found["_discriminants"] = Discriminants.learn(*parts) if is_small else None
        return found

    @staticmethod
    def with_shares(model, data):
        """Return the discriminants of a trained model, with their weights."""
        counts = data.training_counts
        weight = np.ones(len(data.X)) if counts is None else counts
        rows = np.linspace(0, len(data.X) - 1, min(len(data.X), _MAX_SHARE_SAMPLES)).astype(np.intp)
        order = AnyOrder.columns(model)
        return with_shares(model, data.X[rows], order, weight[rows], data.n_samples)

    @staticmethod
    def columns(model):
        """Return the columns in the order in which they are drawn.

        With discriminants, those of few levels are first: a class is then drawn before numbers, and
        the numbers given the class.
        """
        sizes = np.array(model.layout.n_categories)
        is_small = model.discriminants is not None
        return np.argsort(sizes, kind="stable") if is_small else np.arange(len(sizes))

    encode = staticmethod(encode)

    @staticmethod
    def log_likelihoods(model, cells):
        """Return the log-probability of each known cell, given those before it."""
        return chain_log_likelihoods(model, cells, AnyOrder.columns(model))

    @staticmethod
    def conditionals(model, cells, n_levels):
        """Yield the probabilities of the levels of each column, given all other cells."""
        for column, n_allowed in enumerate(n_levels):
            yield column, conditional_probabilities(model, cells, column, n_allowed)

    @staticmethod
    def draw(estimator, cells, choose, n_positions, missing):
        """Return cells of which the missing ones are drawn, given those before them."""
        model, levels = estimator._model, estimator._levels
        allowed = levels.sizes if missing else levels.n_levels
        return draw_cells(model, cells, AnyOrder.columns(model), choose, allowed)


def _with_embedding(base, levels):
    """Return the recipe of a network that receives masks, and vectors of the levels."""
    return replace(
        base,
        n_masks=len(levels.sizes),
        n_categories=levels.sizes,
        n_embedding=_N_EMBEDDING,
        n_functions=sum(function_counts(levels).values()),
    )


class LeftToRight:
    """Positions of sequences from left to right: a causal network."""

    is_causal = True
    learn_levels = staticmethod(Levels.learn_shared)
    corruptions = ()
    loss = NextCells
    # more epochs overfit a few sequences; also a short text has many batches of 16
    training = AutoTraining(3000, 12, 1, batch_size=lambda shape: 16)

    @staticmethod
    def check_columns(columns, network):
        """Raise ValueError if samples are rows of a table, or texts that the network cannot read.

        The columns of a table have different levels.
        """
        if columns is None:
            return
        if columns.is_sequence and not getattr(network, "reads_texts", True):
            raise ValueError(
                f"network={network!r} reads images, and X contains texts. Use network=None, or "
                "CausalRecurrent()."
            )
        if not columns.is_sequence:
            raise ValueError(
                "A causal network reads sequences, whose positions all have the same levels: texts "
                "or numbers. X is a table with columns of other types. Use network=None for "
                'tables, or join the symbols of each sample to a string, as in "".join(row).'
            )

    @staticmethod
    def cut(data, chunk_size, n_positions, carries):
        """Return the training data as sequences of `n_positions`, or of at most `chunk_size`.

        Longer sequences are cut into chunks, and shorter ones padded with missing values. If the
        network carries states from one chunk to the next, chunks are numbered.
        """
        n_samples, n_given = data.X.shape
        size = min(n_given, chunk_size) if n_positions is None else n_positions
        if n_given == size:
            return data
        n_chunks = -(-n_given // size)
        padding = np.full((n_samples, n_chunks * size - n_given), np.nan)
        chunks = np.hstack([data.X, padding.astype(data.X.dtype)]).reshape(-1, size)
        kept = np.flatnonzero(~np.isnan(chunks).all(1))
        rows = kept // n_chunks
        weight = None if data.weight is None else data.weight[rows]
        index = rows if data.index is None else data.index[rows]
        parts = {"X": chunks[kept], "weight": weight, "index": index}
        if carries and n_chunks > 1:  # numbers with gaps between texts
            parts |= {"chunk": kept + rows, "carried": Carried()}
        return replace(data, **parts, ranges=find_ranges(chunks[kept]))

    @staticmethod
    def levels_for(levels, n_columns):
        """Return the levels of cells with this number of columns."""
        return levels.resized(n_columns)

    @staticmethod
    def first_cells(estimator, n_samples, prompt, length):
        """Return cells from which samples are drawn, and the number of further positions."""
        columns, dtype = estimator._columns, estimator._sample_dtype
        if prompt is None:
            prompt = np.empty((1, 0))
        elif columns is None:
            prompt = _checked_prompt(prompt, dtype)
            _check_class(prompt, estimator._levels)
        else:
            prompt = columns.prefix(prompt)
        cells = estimator._order.levels_for(estimator._levels, prompt.shape[1]).encode(prompt)
        if length is None:
            is_part = columns is not None and columns.end is None
            n_left = estimator.n_features_in_ - cells.shape[1]
            length = len(estimator._levels.sizes) if is_part else max(n_left, 1)
        return np.repeat(cells.astype(dtype), n_samples, 0), length

    @staticmethod
    def build(estimator, data, rng):
        """Return the attributes of an estimator that has not been trained yet."""
        layout = Layout(estimator._levels.sizes, is_shared=True)
        return initialize_sequences(estimator, data, rng, layout) | {"_discriminants": None}

    encode = staticmethod(mean_states)
    log_likelihoods = staticmethod(sequence_log_likelihoods)

    @staticmethod
    def conditionals(model, cells, n_levels):
        """Yield the probabilities of the levels at each position, given those before it."""
        found = np.zeros((*cells.shape, n_levels[0]))
        for rows, part, values in next_log_probabilities(model, cells):
            found[rows, part] = np.exp(values)
        yield from enumerate(found.swapaxes(0, 1))

    @staticmethod
    def draw(estimator, cells, choose, n_positions, missing):
        """Return cells with further positions, each drawn given all those before it."""
        model, first = estimator._model, estimator._levels.first
        end = getattr(estimator._columns, "end", None)

        def choose_first(log_probabilities):
            return np.array(first)[choose(log_probabilities[:, first])]

        if first is not None and not cells.shape[1]:
            cells = continue_sequences(model, cells, 1, choose_first, end)
            n_positions -= 1
        return continue_sequences(model, cells, n_positions, choose, end)


def _checked_prompt(prompt, dtype):
    """Return the numbers at the beginning of a sequence as one row, or raise ValueError."""
    try:
        values = np.asarray(prompt, dtype=dtype)
    except (TypeError, ValueError):
        values = np.full((1, 1), np.nan)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError(
            "prompt must be an array of finite numbers, of shape (n_given,), as the beginning of a "
            f"sample of the fit; got {prompt!r}."
        )
    return values[None]


def _check_class(prompt, levels):
    """Raise ValueError if a prompt does not begin with a class, but samples do."""
    if levels.first is None or not prompt.size:
        return
    own, given = levels.numbers[0], prompt[0, 0]
    level = int(own.encode(prompt[0, :1])[0])
    is_single = level < len(own.values)  # classes that are rare among all values are in intervals
    if level not in levels.first or (is_single and own.values[level] != given):
        classes = own.means[list(levels.first)].tolist()
        raise ValueError(
            "prompt must begin with a class of the fit, because the network has class_first=True: "
            f"one of {classes}; got {given}."
        )


# Orders by whether the network is causal.
ORDERS = {False: AnyOrder, True: LeftToRight}
