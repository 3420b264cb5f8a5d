"""Labelled material, and how much of it the code gets right."""
