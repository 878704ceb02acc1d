"""`python -m evigil`."""

import sys

from evigil.cli import main

sys.exit(main())
