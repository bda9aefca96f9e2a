"""Interactive HTML page that displays codes and decodes them."""

from __future__ import annotations

import math
from numbers import Integral

from scipy.sparse import issparse
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_array

from .._persistence.atomic import write_atomically
from .._utils.rows import rows_of
from ._explorer_page import page
from ._explorer_parts import (
    PALETTE,
    axes_of,
    check_lengths,
    columns_of,
    decoder_of,
    labels_of,
    n_selectable,
    samples_of,
    scores_of,
    selectable,
    stack_of,
)
from ._indicators import Indicators
from ._montage import check_stack, find_image_shape
from ._samples import as_samples, column_names, conditioned, drawn_step, spread_places, y_of
from ._tables import has_categories


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
    """Write an interactive page that displays the codes of samples, as a single HTML file.

    The page shows two components of the codes. Pointing at a sample shows its values or its image.
    A click between samples shows the decoded values or image of the selected code. The file has no
    external dependencies and makes no network requests, so that it can be sent by mail. It can be
    used with a mouse, a touch screen or the keyboard.

    Decoded values are interpolated: the estimator decodes a grid of `n_grid` by `n_grid` codes when
    the page is written, and the page interpolates bilinearly between them. The page is therefore
    smoother than a decoder that is nonlinear within a cell of the grid. For the codes of digits,
    95 % of the pixels are within 5 % of the range of brightness; doubling `n_grid` reduces this to
    about a third. Components that are not drawn are set to their medians.

    Values are stored with five digits, and images and decoded images with 255 levels. The file
    contains the values that it displays, and thus discloses them to its recipients. 5000 samples of
    64 features with small images require about 2 MB. Large images require more, up to one byte per
    pixel.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator with `transform`, or a pipeline whose last step is one. For a pipeline,
        the last step is displayed. For a :class:`DenoisingAutoencoder`, the codes are used. Without
        `inverse_transform` codes are not decoded; without `score_samples` samples cannot be colored
        by score.

    X : array-like of shape (n_samples, n_features)
        Samples or images. Missing values are encoded as NaN. Of a category of a table, the page
        shows an indicator, which is one for the samples that have it.

    path : str or path-like
        Path of the file, by convention with the suffix ".html". An existing file is replaced
        atomically.

    labels : array-like of shape (n_samples,), default=None
        Labels that determine the colors of the samples. Strings, and up to 20 distinct integers,
        are classes, of which there can be at most 30. Other numbers are shown with a color scale.
        Samples with a missing label are drawn as rings.

    images : array-like of shape (n_samples, height, width), default=None
        Images of the samples, optionally with 1 or 3 channels first or last. By default, samples
        are images if `image_shape`, X or the estimator's network define an image shape. If an image
        has one pixel value per feature, decoded samples are displayed as images of the same shape.

    y : array-like of shape (n_samples,) or scalar, default=None
        Label or target, for a conditional estimator. A scalar is used for all samples and for
        decoded codes. With one value per sample, codes are not decoded.

    components : sequence of int, default=None
        Components that can be selected as axes; the first two are shown initially. Each pair of
        them is decoded. None uses the first four, or fewer if the decoded images would have more
        than a million pixels. Samples with a one-dimensional code are spread along the other axis.

    image_shape : sequence of 2 or 3 int, default=None
        Shape (height, width), optionally with 1 or 3 channels first or last, if samples are images.

    n_rows : int, default=5000
        Maximum number of samples that are displayed. They are evenly spaced in X.

    n_columns : int, default=64
        Maximum number of features that are displayed: the first ones. Images are always complete.

    n_grid : int, default=24
        Number of decoded codes along each axis.

    title : str, default=None
        Title of the page. By default it contains the class name of the estimator.

    Raises
    ------
    TypeError
        If the estimator has no `transform`, X is sparse or the title is not a str.

    ValueError
        If samples, labels, images or components are inconsistent.

    OSError
        If the file cannot be written.

    See Also
    --------
    LatentDisplay : A static plot of the codes.

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
        raise TypeError("X is sparse. The page requires a dense array: use X.toarray().")
    if not (title is None or isinstance(title, str)):
        raise TypeError(f"title must be a str or None; got {title!r}.")
    check_scalar(n_columns, "n_columns", Integral, min_val=1)
    check_scalar(n_grid, "n_grid", Integral, min_val=2)
    check_lengths(len(X), labels=labels, images=images, y=y)
    places = spread_places(len(X), n_rows)
    selected = samples_of(X, places)
    X, y = rows_of(X, places), y_of(y, places)
    estimator, X, names = drawn_step(latent_explorer, estimator, "transform", X, codes=True)
    content = {
        "title": title or f"Codes of {type(estimator).__name__}",
        "estimator": type(estimator).__name__,
        "colors": PALETTE,
        "rows": selected,
        "label": labels_of(labels, places),
        "score": scores_of(estimator, X, y),
    }
    convert = Indicators([X], names) if has_categories(X) else as_samples
    names = getattr(convert, "names", names)
    values, codes = (
        convert(X),
        check_array(conditioned(estimator.transform, X, y), input_name="codes"),
    )
    shape = _image_shape(image_shape, images, values, X, estimator)
    axes = selectable(components, codes.shape[1], n_selectable(shape, n_grid))
    content |= {
        "columns": columns_of(values, column_names(names, values.shape[1]), n_columns),
        "axes": axes_of(codes, axes),
        "images": stack_of(images, shape, values, places),
        "decoder": decoder_of(estimator, codes, axes, y, n_grid, values, shape, n_columns, convert),
    }
    write_atomically(path, page(content))


def _image_shape(image_shape, images, values, X, estimator):
    """Return the image shape of samples: the given one, or that of images of the same size."""
    shape = find_image_shape(image_shape, values.shape[1], X, estimator)
    if shape is not None or images is None:
        return shape
    shape = check_stack(images).shape[1:]
    return shape if math.prod(shape) == values.shape[1] else None
