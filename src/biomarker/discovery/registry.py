"""The screening methods, by type of endpoint."""

from biomarker.discovery.methods.cox import COX
from biomarker.discovery.methods.linear import LINEAR
from biomarker.discovery.methods.logistic import LOGISTIC

__all__ = ["METHODS"]

METHODS = {method.endpoint_type: method for method in (COX, LINEAR, LOGISTIC)}
