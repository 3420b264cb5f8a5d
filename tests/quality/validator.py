"""What `feeds.validate` finds in labelled documents; `python -m tests.quality.validator FOLDER` for those of others.

A labelled document says in a comment what is to be found in it: `Expect: InvalidLink`, or `Expect: !InvalidLink` where
that is not to be found; braces behind the code are left out. The project's own say all of it, parted by commas, or
`nothing`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from feeds.validate.rules import severity_of
from feeds.validate.xml import xml_findings

TITLE = "rules of feeds that documents break"

CASES = Path(__file__).parent.parent / "cases" / "validate"
_EXPECT = re.compile(rb"Expect:\s*(!?)\s*([^\n{>]*?)\s*(?:\{[^\n]*?)?(?:-->|\r?\n)")

# Classes of the W3C validator, below those that include them: a case that expects the wider one is met by each.
_WIDER = {
    "MissingNamespace": "SAXError", "NotInANamespace": "MissingNamespace", "UndefinedNamedEntity": "SAXError",
    "WPBlankLine": "SAXError", "NoBlink": "UndefinedElement", "NoThrWhen": "UndefinedElement",
    "InvalidAddrSpec": "InvalidContact", "UriNotIri": "InvalidLink", "InvalidIRI": "InvalidLink",
    "InvalidFullLink": "InvalidLink", "InvalidUriChar": "InvalidLink", "InvalidURIAttribute": "InvalidLink",
    "InvalidURLAttribute": "InvalidURIAttribute", "InvalidW3CDTFDate": "InvalidISO8601Date",
    "IncorrectDOW": "InvalidRFC2822Date", "InvalidNonNegativeInteger": "InvalidInteger",
    "InvalidPositiveInteger": "InvalidInteger", "UseZeroForUnknown": "InvalidNonNegativeInteger",
    "MissingDescription": "MissingElement", "MissingLink": "MissingElement", "MissingTitle": "MissingElement",
    "ItemMustContainTitleOrDescription": "MissingElement", "MissingXhtmlDiv": "MissingElement",
    "MissingContentOrAlternate": "MissingElement", "MissingHref": "MissingAttribute",
    "DuplicateItemSemantics": "DuplicateSemantics", "DuplicateDescriptionSemantics": "DuplicateSemantics",
    "SecurityRiskAttr": "SecurityRisk", "DangerousStyleAttr": "SecurityRiskAttr",
    "ContainsUndeclaredHTML": "ContainsHTML", "CharacterData": "ContainsHTML", "EmailFormat": "RSS20Profile",
    "MissingRealName": "EmailFormat", "MissingAtomSelfLink": "MissingSelf", "InvalidMIMEType": "InvalidMediaRange",
    "TooMany": "DuplicateElement",
}  # fmt: skip
# Names that classes had before.
_FORMER = {
    "DiscouragedRFC822Date": "ProblematicalRFC822Date", "AmbiguousReference": "SameDocumentReference",
    "InvalidW3DTFDate": "InvalidW3CDTFDate", "MissingItemLink": "MissingElement", "MissingItemTitle": "MissingElement",
}  # fmt: skip
_BESIDE = frozenset({"MissingDCLanguage", "NonstdPrefix", "NonstdEncoding", "ContainsSystemEntity", "MissingEncoding"})
"""What the W3C validator says for information only; cases that expect it are left out."""


@dataclass(slots=True)
class Report:
    """How many cases there are, and what was got wrong in them."""

    positive: int = 0
    found: int = 0
    named: int = 0
    negative: int = 0
    alarms: int = 0
    erroneous: int = 0
    misses: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The figures, for a person."""
        precision = self.found / (self.found + self.alarms) if self.found + self.alarms else 1.0
        yield f"cases with something to find {self.positive}, without {self.negative}"
        yield f"recall {self.found / max(self.positive, 1):.4f}, precision {precision:.4f}"
        yield f"class named {self.named / max(self.positive, 1):.4f}"
        yield f"cases without, in which some error is found {self.erroneous}"


def labels(data: bytes) -> tuple[bool, list[str]] | None:
    """Whether what a document says is not to be found, and what; None without a label."""
    match = _EXPECT.search(data)
    if match is None:
        return None
    codes = [code for code in re.split(r"[,\s]+", match[2].decode("ascii", "replace")) if code]
    return bool(match[1]), [_FORMER.get(code, code) for code in codes]


def is_a(code: str, wanted: str) -> bool:
    """Whether a code is the wanted one or narrower."""
    while code != wanted and code in _WIDER:
        code = _WIDER[code]
    return code == wanted


def judge(report: Report, name: str, data: bytes) -> None:
    """Adds one case of others to the report; what is no feed or has no label is none."""
    label = labels(data)
    findings = xml_findings(data)
    if label is None or findings is None or len(label[1]) != 1 or label[1][0] in _BESIDE:
        return
    negated, (wanted,) = label
    errors = {finding.code for finding in findings if finding.severity == "error"}
    warnings = {finding.code for finding in findings} - errors
    if negated or wanted.startswith("Valid"):
        report.negative += 1
        report.erroneous += bool(errors)
        of_kind = {"Error": errors, "Warning": warnings}.get(wanted) or {
            code for code in errors | warnings if is_a(code, wanted)
        }
        if (
            (of_kind and wanted not in ("Error", "Warning"))
            or (wanted == "Error" and errors)
            or (wanted == "Warning" and warnings)
        ):
            report.alarms += 1
            report.misses.append(f"{name}: found {', '.join(sorted(of_kind))}, which is not there")
        return
    report.positive += 1
    report.named += any(is_a(code, wanted) for code in errors | warnings)
    if errors or (warnings and severity_of(wanted) == "warning"):
        report.found += 1
    if not any(is_a(code, wanted) for code in errors | warnings):
        report.misses.append(f"{name}: {wanted} is not found, but {', '.join(sorted(errors | warnings)) or 'nothing'}")


def judged(folder: Path) -> Report:
    """All cases of a folder and what is below it."""
    report = Report()
    for path in sorted(folder.rglob("*.xml")):
        judge(report, str(path.relative_to(folder)), path.read_bytes())
    return report


def score() -> tuple[int, int, int, list[str]]:
    """The project's own cases: codes that are found, wrongly found, and missed."""
    right = wrong = missing = 0
    misses = []
    for path in sorted(CASES.rglob("*.xml")):
        label, findings = labels(path.read_bytes()), xml_findings(path.read_bytes())
        wanted = set(label[1]) - {"nothing"} if label else set()
        found = {finding.code for finding in findings or ()}
        right, wrong, missing = right + len(wanted & found), wrong + len(found - wanted), missing + len(wanted - found)
        if wanted != found:
            misses.append(f"{path.name}: {sorted(found)} instead of {sorted(wanted)}")
    return right, wrong, missing, misses


def main(folders: list[str]) -> int:
    """Prints what the cases of each folder come to; the exit code."""
    if not folders:
        sys.stderr.write("which folder? Give one that holds labelled documents\n")
        return 2
    for folder in folders:
        report = judged(Path(folder))
        sys.stdout.write(f"{folder}\n")
        for line in (*report.lines(), *(f"miss: {miss}" for miss in report.misses)):
            sys.stdout.write(f"  {line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
