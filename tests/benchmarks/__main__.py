"""Every benchmark's rows as one Markdown table, with the machine that measured them: python -m tests.benchmarks [name ...]."""

import sys

from tests.measured import table

if __name__ == "__main__":
    table("benchmarks", sys.argv[1:], prefix="bench_")
