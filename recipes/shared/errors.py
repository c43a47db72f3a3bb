"""The one exception for work that cannot be finished though the input was right, as `InputError` is for wrong input.

The command line prints its message as a single line and exits with code 1. It has a file of its own so that the command
line knows it without importing Keras.
"""


class WorkFailed(RuntimeError):
    """The work ended early; the message is one sentence that says why."""
