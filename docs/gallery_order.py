"""Order of the examples in the gallery: from basic to advanced."""

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
    "branches",
    "pretext",
    "recommender",
    "outliers",
    "series",
    "impute_table",
    "synthesize_table",
    "wrong_values",
    "neighbors",
    "texts",
    "pixels",
    "text_codes",
    "spelling",
    "latent_space",
    "attributes",
    "simple_codes",
    "collapse",
)


def sort_key(file):
    """Return the position of an example, given the name of its file."""
    return ORDER.index(file.removesuffix(".py"))
