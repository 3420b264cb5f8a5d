"""Figures, never verdicts: each benchmark is a command that prints what it measured and writes it as JSON."""
