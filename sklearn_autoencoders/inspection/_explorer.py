"""An interactive page on which codes can be looked at, and decoded."""

from __future__ import annotations

import math
from numbers import Integral

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_array

from .._persistence.atomic import write_atomically
from .._utils.sklearn_compat import safe_indexing
from ._explorer_page import page
from ._explorer_parts import (
    PALETTE,
    axes_of,
    check_lengths,
    columns_of,
    decoder_of,
    labels_of,
    most_axes,
    rows_of,
    scores_of,
    selectable,
    stack_of,
)
from ._montage import check_stack, find_image_shape
from ._rows import as_rows, column_names, conditioned, drawn_step, spread_places


def latent_explorer(
    estimator,
    X,
    path,
    labels=None,
    images=None,
    *,
    y=None,
    components=None,
    image_shape=None,
    n_rows=5000,
    n_columns=64,
    n_grid=24,
    title=None,
):
    """Write a page on which the codes of rows can be explored: one HTML file, for any browser.

    The page shows two components of the codes. Pointing at a row shows its values or its image; a
    click between rows shows what the decoder makes of that place. It asks no network for anything
    and can be sent by mail. It works with a pointer, with fingers and with keys alone.

    Decoding is by interpolation: the estimator decodes a grid of `n_grid` by `n_grid` codes over
    the rows, here and now, and the page interpolates between them, bilinearly. Where the decoder
    bends within a cell of the grid, the page is smoother than the estimator: at the codes of
    digits, 95 % of the pixels are within 5 % of the range of brightness. Twice the `n_grid` makes
    that about a third. Components that are not drawn are at their medians.

    Values are carried with five digits, images and what is decoded of them with 255 levels. The
    file holds the values that it shows: who has it has them. 5000 rows of 64 columns, with small
    images, take about 2 MB; large images take more, up to a byte for each pixel.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator with `transform`, or a pipeline that ends in one, of which the last step
        is shown. A :class:`DenoisingAutoencoder` gives its codes. Without `inverse_transform`
        nothing is decoded, and without `score_samples` there is no colour by score.

    X : array-like of shape (n_samples, n_features)
        Rows, NaN where a value is missing; or images.

    path : str or path-like
        Where to, ".html" by custom. An earlier file is replaced as a whole or not at all.

    labels : array-like of shape (n_samples,), default=None
        Colours of the rows. Words, and up to 20 different whole numbers, are classes, of which
        there may be 30; other numbers have a scale. Rows whose label is missing are rings.

    images : array-like of shape (n_samples, height, width), default=None
        What rows look like, also with 1 or 3 channels first or last. By default rows are images if
        `image_shape`, X or the estimator's network says so. If an image has a cell for each column,
        decoded rows are drawn as such images too.

    y : array-like of shape (n_samples,) or scalar, default=None
        Label or target, for an estimator that is conditional on it. One for all rows is that of
        decoded rows too; with one for each row nothing is decoded.

    components : sequence of int, default=None
        Which components can be chosen as axes, the first two to begin with. Each pair of them is
        decoded. None takes the first four, or fewer if what is decoded were images of more than a
        million pixels. A code of one component is spread out to see its rows.

    image_shape : sequence of 2 or 3 int, default=None
        (height, width), or these with 1 or 3 channels first or last, if rows are images.

    n_rows : int, default=5000
        Most rows that are shown, evenly spaced ones of X.

    n_columns : int, default=64
        Most columns that are shown, the first ones. Images are whole in any case.

    n_grid : int, default=24
        Decoded codes along each axis.

    title : str, default=None
        Title of the page; the name of the estimator's class by default.

    Raises
    ------
    TypeError
        If the estimator has no `transform`, X is sparse or the title is no str.

    ValueError
        If rows, labels, images or components do not fit.

    OSError
        If the file cannot be written.

    See Also
    --------
    LatentDisplay : The same as a picture.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.inspection import latent_explorer
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> autoencoder = AutoencoderTransformer(2, max_epochs=5, random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     latent_explorer(autoencoder, X, f"{folder}/iris.html", labels=y)
    ...     os.listdir(folder)
    ['iris.html']
    """
    if issparse(X):
        raise TypeError("X is sparse. The page shows single values: use X.toarray().")
    if not (title is None or isinstance(title, str)):
        raise TypeError(f"title must be a str or None; got {title!r}.")
    check_scalar(n_columns, "n_columns", Integral, min_val=1)
    check_scalar(n_grid, "n_grid", Integral, min_val=2)
    check_lengths(len(X), labels=labels, images=images, y=y)
    places = spread_places(len(X), n_rows)
    rows = rows_of(X, places)
    X, y = safe_indexing(X, places), y if np.ndim(y) == 0 else np.asarray(y)[places]
    estimator, X, names = drawn_step(latent_explorer, estimator, "transform", X, codes=True)
    content = {
        "title": title or f"Codes of {type(estimator).__name__}",
        "estimator": type(estimator).__name__,
        "colours": PALETTE,
        "rows": rows,
        "label": labels_of(labels, places),
        "score": scores_of(estimator, X, y),
    }
    values, codes = (
        as_rows(X),
        check_array(conditioned(estimator.transform, X, y), input_name="codes"),
    )
    shape = _image_shape(image_shape, images, values, X, estimator)
    axes = selectable(components, codes.shape[1], most_axes(shape, n_grid))
    content |= {
        "columns": columns_of(values, column_names(names, values.shape[1]), n_columns),
        "axes": axes_of(codes, axes),
        "images": stack_of(images, shape, values, places),
        "decoder": decoder_of(estimator, codes, axes, y, n_grid, values, shape, n_columns),
    }
    write_atomically(path, page(content))


def _image_shape(image_shape, images, values, X, estimator):
    """Return the shape of images that rows are: as is said, or that of images of as many cells."""
    shape = find_image_shape(image_shape, values.shape[1], X, estimator)
    if shape is not None or images is None:
        return shape
    shape = check_stack(images).shape[1:]
    return shape if math.prod(shape) == values.shape[1] else None
