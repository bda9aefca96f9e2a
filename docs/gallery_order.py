"""In which order the gallery shows the examples: from the first steps to special matters."""

ORDER = (
    "demo",
    "pictures",
    "classical",
    "linear",
    "tied_weights",
    "sparse",
    "contractive",
    "layerwise",
    "convolutional",
    "clustering",
    "feature_union",
    "retrieval",
    "denoising",
    "robustness",
    "masked_columns",
    "few_labels",
    "outliers",
    "latent_space",
    "simple_codes",
    "collapse",
)


def sort_key(file):
    """Return the place of an example, by the name of its file."""
    return ORDER.index(file.removesuffix(".py"))
