"""The two exceptions that the command line prints as a single line: for wrong input, and for work that failed.

They live in `apps` because both the runtime and the recipes raise them, and imports go from recipes to apps.
"""


class InputError(ValueError):
    """What the user gave cannot be used: a missing file, a wrong format, a bad option value.

    The message is one sentence that names it and says what to do. The command line exits with code 2.
    """


class WorkFailed(RuntimeError):
    """The work ended early though the input was right; the message is one sentence that says why.

    The command line exits with code 1.
    """
