"""`python -m tests.quality [TOPIC…]`: what each topic comes to, and what it got wrong; fails below a floor."""

from __future__ import annotations

import sys

from tests.quality import scored, short, topics


def main(names: list[str]) -> int:
    """Prints the topics of these names, or all; the exit code."""
    there = {topic.name: topic for topic in topics()}
    if unknown := set(names) - set(there):
        sys.stderr.write(f'no topic is named "{min(unknown)}"; there are: {", ".join(there) or "none"}\n')
        return 2
    failed = False
    for name in names or there:
        topic = there[name]
        score = scored(topic.score())
        sys.stdout.write(f"{topic.name}: {topic.title}\n")
        for what in ("precision", "recall", "f1"):
            sys.stdout.write(f"  {what:10}{getattr(score, what):8.4f}   floor {topic.floors.get(what, '-')}\n")
        for miss in score.misses:
            sys.stdout.write(f"  miss: {miss}\n")
        for line in short(score, topic.floors):
            failed = True
            sys.stdout.write(f"  FAILED: {line}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
