"""The tests; `test_<module>.py` mirrors the module of that name."""
