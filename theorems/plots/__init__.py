"""The figures of papers whose parameters are others than their records': one module a paper."""
