"""The screening methods, by type of endpoint."""

from biomarker.discovery.methods.clustered import CLUSTERED
from biomarker.discovery.methods.cox import COX
from biomarker.discovery.methods.linear import LINEAR, MODERATED
from biomarker.discovery.methods.logistic import LOGISTIC
from biomarker.discovery.methods.ordinal import ORDINAL
from biomarker.discovery.methods.voom import VOOM

__all__ = ["CLUSTERED_METHODS", "METHODS", "MODERATED_METHODS", "VOOM_METHODS"]

METHODS = {method.endpoint_type: method for method in (COX, LINEAR, LOGISTIC, ORDINAL)}

#: What replaces them where patients have several samples.
CLUSTERED_METHODS = {method.endpoint_type: method for method in CLUSTERED}

#: What replaces a method where features are expression-like and the question is a main effect.
MODERATED_METHODS = {method.endpoint_type: method for method in (MODERATED,)}

#: What replaces these where features are counts and the study file asks for precision weights.
VOOM_METHODS = {method.endpoint_type: method for method in (VOOM,)}
