"""The one exception for wrong user input: a missing file, a wrong format, a bad option value.

The command line prints its message as a single line and exits with code 2, so a message names the thing and the fix.
It lives in `apps` because both the runtime and the recipes raise it, and imports go from recipes to apps.
"""


class InputError(ValueError):
    """What the user gave cannot be used; the message is one sentence that names it and says what to do."""
