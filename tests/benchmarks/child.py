"""``python -m tests.benchmarks.child MODULE``: sets Django up and answers to the operations of one module."""

from __future__ import annotations

import importlib
import sys

import django

from tests.benchmarks.wire import serve

if __name__ == "__main__":
    django.setup()
    module = importlib.import_module(f"tests.benchmarks.{sys.argv[1]}")
    serve({operation.__name__: operation for operation in module.OPERATIONS})
