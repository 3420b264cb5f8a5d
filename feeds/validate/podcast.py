"""The podcast namespace (Podcasting 2.0, https://podcastindex.org/namespace/1.0)."""

from __future__ import annotations

from feeds.validate import values
from feeds.validate.grammar import Place
from feeds.validate.shapes import ANYTHING, container, leaf, needs
from feeds.validate.values import full_link, media_type, non_negative, positive

_DECIMAL = values.matching(r"-?[0-9]+(\.[0-9]+)?", "InvalidFloat")
_YES_NO = values.one_of("yes|no", "InvalidYesNo")
_PERSON = leaf(
    values.filled, attributes={"role": None, "group": None, "img": full_link, "href": full_link, "email": None}, once=""
)
_RECIPIENT = leaf(
    attributes={
        "name": None, "customKey": None, "customValue": None, "type": None, "address": None, "split": non_negative,
        "fee": values.true_false,
    },
    required=("type", "address", "split"), once="",
)  # fmt: skip
_TIME_SPLIT = container(
    {"podcast:valueRecipient": _RECIPIENT, "podcast:remoteItem": ANYTHING},
    attributes={"startTime": _DECIMAL, "duration": _DECIMAL, "remoteStartTime": _DECIMAL, "remotePercentage": None},
    required=("startTime", "duration"),
    once="",
)
_VALUE = container(
    {"podcast:valueRecipient": _RECIPIENT, "podcast:valueTimeSplit": _TIME_SPLIT},
    needs(**{"podcast:valueRecipient": "MissingElement"}),
    attributes={"type": None, "method": None, "suggested": _DECIMAL},
    required=("type", "method"),
    once="",
)
_SHARED: Place = {
    "podcast:person": _PERSON,
    "podcast:location": leaf(
        values.filled, attributes={"geo": None, "osm": None, "rel": None, "country": None}, once=""
    ),
    "podcast:license": leaf(values.filled, attributes={"url": full_link}),
    "podcast:value": _VALUE,
    "podcast:images": leaf(attributes={"srcset": None}, required=("srcset",)),
    "podcast:image": ANYTHING,
    "podcast:txt": leaf(attributes={"purpose": None}, once=""),
    "podcast:podroll": ANYTHING,
    "podcast:remoteItem": ANYTHING,
    "podcast:chat": ANYTHING,
    "podcast:updateFrequency": leaf(attributes={"complete": values.true_false, "dtstart": None, "rrule": None}),
    "podcast:socialInteract": leaf(
        attributes={
            "uri": full_link, "protocol": None, "accountId": None, "accountUrl": full_link, "priority": non_negative,
        },
        required=("protocol",), once="",
    ),
}  # fmt: skip
PODCAST_CHANNEL: Place = {
    **_SHARED,
    "podcast:locked": leaf(_YES_NO, attributes={"owner": None}),
    "podcast:funding": leaf(values.filled, attributes={"url": full_link}, required=("url",), once=""),
    "podcast:trailer": leaf(
        values.filled,
        attributes={
            "url": full_link,
            "pubdate": None,
            "length": non_negative,
            "type": media_type,
            "season": positive,
        },
        required=("url", "pubdate"),
        once="",
    ),
    "podcast:guid": leaf(
        values.matching(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", "InvalidUUID")
    ),
    "podcast:medium": leaf(values.filled),
    "podcast:block": leaf(_YES_NO, attributes={"id": None}, once=""),
    "podcast:publisher": ANYTHING,
    "podcast:podping": ANYTHING,
    "podcast:liveItem": ANYTHING,
}
PODCAST_ITEM: Place = {
    **_SHARED,
    "podcast:transcript": leaf(
        attributes={"url": full_link, "type": media_type, "language": values.language, "rel": None},
        required=("url", "type"),
        once="",
    ),
    "podcast:chapters": leaf(attributes={"url": full_link, "type": media_type}, required=("url", "type")),
    "podcast:soundbite": leaf(
        attributes={"startTime": _DECIMAL, "duration": _DECIMAL}, required=("startTime", "duration"), once=""
    ),
    "podcast:season": leaf(positive, attributes={"name": None}),
    "podcast:episode": leaf(_DECIMAL, attributes={"display": None}),
    "podcast:alternateEnclosure": container(
        {
            "podcast:source": leaf(
                attributes={"uri": full_link, "contentType": media_type}, required=("uri",), once=""
            ),
            "podcast:integrity": leaf(attributes={"type": None, "value": None}, required=("type", "value")),
        },
        needs(**{"podcast:source": "MissingElement"}),
        attributes={
            "type": media_type, "length": non_negative, "bitrate": _DECIMAL, "height": positive,
            "lang": values.language, "title": None, "rel": None, "codecs": None, "default": values.true_false,
        },
        required=("type",), once="",
    ),
    "podcast:contentLink": leaf(attributes={"href": full_link}, required=("href",), once=""),
}  # fmt: skip
