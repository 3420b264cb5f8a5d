"""Extension elements that may stand anywhere: Dublin Core, RDF, places on Earth, OPML's description of an owner."""

from __future__ import annotations

import re

from lxml import etree

from feeds.validate import dates, values
from feeds.validate.grammar import Attributes, Family, Place, Rule, Scene
from feeds.validate.rules import Note, shown
from feeds.validate.shapes import ANYTHING, container, leaf, needs
from feeds.validate.spaces import RDF
from feeds.validate.values import positive

_NUMBER = re.compile(r"[-+]?[0-9]+\.?[0-9]*")
_POINT = re.compile(rf"{_NUMBER.pattern}[ ,]{_NUMBER.pattern}")
_COMMA_PAIRS = re.compile(rf"{_NUMBER.pattern},{_NUMBER.pattern}(\s+{_NUMBER.pattern},{_NUMBER.pattern})*+")
RDF_RESOURCE = f"{{{RDF}}}resource"
_TEXT = leaf()
_MANY_TEXTS = leaf(once="")
_DAY = leaf(date=dates.w3cdtf)
_LATITUDE = leaf(values.within(-90.0, 90.0, "InvalidLatitude"), once="")
_LONGITUDE = leaf(values.within(-180.0, 180.0, "InvalidLongitude"), once="")
_ALTITUDE = leaf(values.matching(r"[-+]?[0-9]+\.?[0-9]*\s*", "InvalidFloatUnit"), once="")
WHOLE_POSITIVE = leaf(positive, values.filled)


def _resource(scene: Scene, element: etree._Element) -> None:
    """An element that points to something by rdf:resource."""
    expected: Attributes = {RDF_RESOURCE: values.link, "{http://purl.org/dc/elements/1.1/}title": None}
    scene.attributes(element, expected)
    if element.get(RDF_RESOURCE) is None and scene.family is Family.RDF:
        scene.note(element, "MissingAttribute", f"{scene.spelt(element)} has no rdf:resource")


RESOURCE = Rule(_resource, "")


def coordinates(value: str) -> Note | None:
    """A latitude and a longitude."""
    if not _POINT.fullmatch(value):
        return Note("InvalidCoord", f"it is {shown(value)}")
    return Note("CoordComma", f"it is {shown(value)}") if "," in value else None


def coordinate_list(value: str) -> Note | None:
    """Two latitudes and longitudes or more."""
    numbers = value.replace(",", " ").split()
    good = all(_NUMBER.fullmatch(number) for number in numbers)
    if not good or len(numbers) < 4 or len(numbers) % 2 or ("," in value and not _COMMA_PAIRS.fullmatch(value)):
        return Note("InvalidCoordList", f"it is {shown(value)}")
    return Note("CoordComma", f"it is {shown(value)}") if "," in value else None


_POSITION = leaf(coordinates, once="")
_POSITIONS = leaf(coordinate_list, once="")
_REFERENCE: Attributes = {"srsName": None}


def _shape(place: Place) -> Rule:
    return container(place, attributes=_REFERENCE, once="")


_WHERE = container({
    "gml:Point": _shape({"gml:pos": _POSITION}),
    "gml:LineString": _shape({"gml:posList": _POSITIONS}),
    "gml:Polygon": _shape({"gml:exterior": _shape({"gml:LinearRing": _shape({"gml:posList": _POSITIONS})})}),
    "gml:Envelope": _shape({"gml:lowerCorner": _POSITION, "gml:upperCorner": _POSITION}),
}, once="")  # fmt: skip


EVERYWHERE: Place = {
    **{f"dc:{name}": _TEXT for name in ("title", "description", "type", "format", "source")},
    **{f"dc:{name}": _MANY_TEXTS for name in ("publisher", "contributor", "identifier", "relation", "coverage")},
    "dc:language": leaf(values.language),
    "dc:rights": leaf(plain="ContainsHTML"),
    "dcterms:alternative": _MANY_TEXTS,
    "dcterms:audience": _MANY_TEXTS,
    **{f"dcterms:{name}": _TEXT for name in ("abstract", "mediator")},
    **{f"dcterms:{name}": _TEXT for name in ("dateAccepted", "dateCopyrighted", "dateSubmitted")},
    **{f"dcterms:{name}": _DAY for name in ("created", "issued", "modified")},
    "dcterms:extent": WHOLE_POSITIVE,
    "dcterms:tableOfContents": RESOURCE._replace(once="DuplicateElement"),
    **{
        f"dcterms:{name}": RESOURCE
        for name in (
            "isVersionOf hasVersion isReplacedBy replaces isRequiredBy requires isPartOf hasPart isReferencedBy "
            "references isFormatOf hasFormat conformsTo"
        ).split()
    },
    **{
        f"dcterms:{name}": ANYTHING
        for name in (
            "valid available spatial temporal accessRights accrualMethod accrualPeriodicity accrualPolicy "
            "bibliographicCitation educationLevel instructionalMethod license provenance rightsHolder "
            "title creator subject description publisher contributor date type format identifier source language "
            "relation coverage rights"
        ).split()
    },
    **{f"rdf:{name}": ANYTHING for name in ("RDF", "type", "Description")},
    "rdfs:seeAlso": RESOURCE,
    "geo:Point": container(
        {"geo:lat": _LATITUDE, "geo:long": _LONGITUDE, "geo:alt": _ALTITUDE},
        needs(**{"geo:lat": "MissingElement", "geo:long": "MissingElement"}), once="",
    ),
    "geo:lat": _LATITUDE,
    "geo:long": _LONGITUDE,
    "geo:alt": _ALTITUDE,
    "geourl:latitude": _LATITUDE,
    "geourl:longitude": _LONGITUDE,
    "icbm:latitude": _LATITUDE,
    "icbm:longitude": _LONGITUDE,
    "georss:where": _WHERE,
    "georss:point": _POSITION,
    "georss:box": _POSITIONS,
    "georss:line": _POSITIONS,
    "georss:polygon": _POSITIONS,
    "georss:elev": _ALTITUDE,
    "georss:floor": leaf(values.integer, once=""),
    "georss:radius": leaf(values.decimal, once=""),
    **{f"georss:{name}": _MANY_TEXTS for name in ("featureTypeTag", "relationshipTag", "featureName")},
    "opml:dateCreated": leaf(date=dates.rfc822),
    "opml:dateModified": leaf(date=dates.rfc822),
    "opml:ownerName": _TEXT,
    "opml:ownerEmail": leaf(values.contact),
    "opml:ownerId": leaf(values.web_address),
}  # fmt: skip
