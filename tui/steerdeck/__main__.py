"""`python -m steerdeck` is `steerdeck`."""

import sys

from steerdeck.cli import main

if __name__ == "__main__":
    sys.exit(main())
