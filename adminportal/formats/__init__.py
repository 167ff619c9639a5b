"""How moments are written in each language: one form on every page and in every mail."""
