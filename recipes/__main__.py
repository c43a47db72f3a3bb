"""`python -m heedful.recipes ...` is the same as `heedful ...`."""

import sys

from heedful.recipes.suite.cli import main

sys.exit(main())
