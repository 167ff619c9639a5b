"""Times as ratios of one run: ``python -m tests.benchmarks``; docs/benchmarks.md says what each figure means."""
