"""The errors a user can mend. Anything else that is raised is a fault of ours and keeps its traceback."""

__all__ = [
    "AlignmentError",
    "BiomarkerError",
    "ConfigError",
    "DataError",
    "DeviceError",
    "InsufficientDataError",
    "LeakageError",
    "NumericalError",
    "SchemaError",
    "StorageError",
]


class BiomarkerError(Exception):
    """What was wrong and where, and what to do about it.

    Parameters
    ----------
    message : str
        What was wrong, where (file, row, column, key), and what was expected.
    hint : str
        What the user can do. May be empty where the message says it all.

    Notes
    -----
    Neither text may hold a subject's identifier or the content of a free-text cell.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(BiomarkerError):
    """The study file asks for something that does not exist or contradicts itself."""


class DataError(BiomarkerError):
    """An input file does not hold what the study file says it holds."""


class SchemaError(DataError):
    """A table lacks a column, or a column has another type than expected."""


class AlignmentError(DataError):
    """Two tables do not speak of the same subjects or features."""


class InsufficientDataError(DataError):
    """Too few subjects, events or values for what was asked."""


class LeakageError(DataError):
    """Something measured after the fact was offered as baseline, or a group stands on both sides of a fold."""


class NumericalError(BiomarkerError):
    """A computation has no finite answer for these data."""


class DeviceError(BiomarkerError):
    """The requested compute device is not there or does not work."""


class StorageError(BiomarkerError):
    """A file cannot be written: the disk is full, or nobody may write there."""
