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
    "spatial_codes",
    "output_activation",
    "clustering",
    "feature_union",
    "retrieval",
    "denoising",
    "image_noises",
    "robustness",
    "masked_columns",
    "few_labels",
    "branches",
    "fine_tuned_denoiser",
    "pretext",
    "recommender",
    "outliers",
    "series",
    "impute_table",
    "synthesize_table",
    "augmentation",
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
