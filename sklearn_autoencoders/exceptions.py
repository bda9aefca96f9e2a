"""Warnings of this package."""


class PosteriorCollapseWarning(UserWarning):
    """Hardly a component of a variational autoencoder's code says anything about the rows."""
