"""`python -m backpain_bn`."""

import sys

from .cli import main

sys.exit(main())
