"""The one exception of an export."""


class ExportError(RuntimeError):
    """The exported file would not do what the model does; the message says why, and no file is written."""
