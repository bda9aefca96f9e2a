"""Labels that spread over the graph of nearest neighbors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .neighbors import NeighborGraph

# Number of steps by which labels spread: in many more, the largest class spreads over others.
_N_STEPS = 50


@dataclass(frozen=True)
class Spreading:
    """Spreads values over a graph, whose nodes are the distinct samples.

    Parameters
    ----------
    matrix : sparse matrix of shape (n_nodes, n_nodes)
        Symmetric adjacency matrix, divided by the root of the degrees of both nodes.

    node : ndarray of shape (n_samples,)
        Node of each sample.

    alpha : float
        Fraction of a value that comes from the neighbors.
    """

    matrix: Any
    node: NDArray[np.intp]
    alpha: float

    @classmethod
    def over(cls, graph: NeighborGraph, rows: NDArray[np.intp], alpha: float) -> Spreading:
        """Return the spreading over the neighbors of some samples."""
        nodes = np.unique(graph.first[rows])
        nearest = graph.nearest[nodes]
        start, column = np.nonzero(nearest >= 0)
        end = np.searchsorted(nodes, nearest[start, column])
        edges = np.ones(len(start)), (start, end)
        matrix = sparse.csr_array(edges, shape=(len(nodes), len(nodes)))
        matrix = matrix.maximum(matrix.T)
        root = sparse.diags_array(1 / np.sqrt(np.maximum(matrix.sum(axis=1), 1)))
        node = np.minimum(np.searchsorted(nodes, graph.first), len(nodes) - 1)
        return cls(root @ matrix @ root, node, alpha)

    def __call__(
        self, labels: NDArray[Any], rows: NDArray[np.intp], weight: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Return the share of each class in the value of each sample.

        Parameters
        ----------
        labels : ndarray of shape (n_labeled, n_classes)
            Probabilities of the classes.

        rows, weight : ndarray of shape (n_labeled,)
            Positions and weights of the labeled samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Not negative; the sum over the classes is one, or zero where no label arrives.
        """
        node, n_nodes = self.node[rows], self.matrix.shape[0]
        known, mass = np.zeros((n_nodes, labels.shape[1])), np.bincount(node, weight, n_nodes)
        np.add.at(known, node, weight[:, None] * labels)
        known = (1 - self.alpha) * known / np.maximum(mass, 1e-300)[:, None]
        found = self._spread(known)
        total = found.sum(axis=1, keepdims=True)
        shares: NDArray[np.float64] = found / np.where(total > 0, total, 1.0)
        return shares[self.node]

    def _spread(self, known: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of what arrives within the number of steps, or what arrives first."""
        found = arrived = known
        for _ in range(_N_STEPS):
            arrived = self.alpha * (self.matrix @ arrived)
            found = found + arrived
        is_new = np.ones(len(found), dtype=bool)
        while is_new.any():
            arrived = self.alpha * (self.matrix @ arrived)
            is_new = ~found.any(axis=1) & arrived.any(axis=1)
            found[is_new] = arrived[is_new]
        return found


def with_masses(
    shares: NDArray[np.float64], weight: NDArray[Any], masses: NDArray[Any]
) -> NDArray[np.float64]:
    """Return shares of classes whose sums over the samples are in proportion to given masses.

    Parameters
    ----------
    shares : ndarray of shape (n_samples, n_classes)
        Shares of the classes in each sample.

    weight : ndarray of shape (n_samples,)
        Weights of the samples.

    masses : ndarray of shape (n_classes,)
        Masses of the classes: not negative, in any unit.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Shares multiplied by a factor for each class and divided by their sum; zero where they are.
    """
    sums = weight @ shares
    scaled = shares * np.divide(masses, sums, out=np.zeros(len(sums)), where=sums > 0)
    total = scaled.sum(axis=1, keepdims=True)
    result: NDArray[np.float64] = scaled / np.where(total > 0, total, 1.0)
    return result
