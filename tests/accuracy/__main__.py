"""Worst errors at points drawn afresh, as one Markdown table: python -m tests.accuracy [name ...]."""

import sys

from tests.measured import table

if __name__ == "__main__":
    table("accuracy", sys.argv[1:])
