"""The only place that knows on which device arrays live: numpy on a CPU, cupy on a GPU, one source text for both."""

from biomarker.arrays.blocks import DEFAULT_BLOCK_BYTES, column_blocks
from biomarker.arrays.device import Array, Device, choose_device, namespace, to_device, to_host
from biomarker.arrays.linalg import (
    column_squares,
    independent_columns,
    masked_bases,
    orthonormal_basis,
    row_products,
    take_columns,
    take_rows,
)
from biomarker.arrays.special import log10_p_chi2, log10_p_normal, log10_p_t

__all__ = [
    "DEFAULT_BLOCK_BYTES",
    "Array",
    "Device",
    "choose_device",
    "column_blocks",
    "column_squares",
    "independent_columns",
    "log10_p_chi2",
    "log10_p_normal",
    "log10_p_t",
    "masked_bases",
    "namespace",
    "orthonormal_basis",
    "row_products",
    "take_columns",
    "take_rows",
    "to_device",
    "to_host",
]
