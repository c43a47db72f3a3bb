"""`python -m heedful.recipes ...` is the same as `heedful ...`."""

import sys

from heedful.recipes.cli import main

sys.exit(main())
