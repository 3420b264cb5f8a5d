"""Rules of what is no XML feed: JSON Feed, OPML, sitemaps, and how a document is served.

Codes that the W3C validator has keep its names and severity; the others are named in its style. What mends a JSON Feed
is said in other words than what mends XML: `JSON_ADVICE` and `SITEMAP_ADVICE` go before the tables.
"""

from __future__ import annotations

ERRORS = {
    "HttpError": "Serve the document with status 200.",
    "IOError": "Make sure that it can be had.",
    "InvalidChangeFrequency": "Use always, hourly, daily, weekly, monthly, yearly or never.",
    "InvalidExpansionState": "Give numbers of lines, parted by commas.",
    "InvalidExtension": "Make it an object whose name is _ and a letter, without dots, and its keys without either.",
    "InvalidJSONFeedVersion": "Give https://jsonfeed.org/version/1.1.",
    "InvalidOPMLVersion": "Give 1.0, 1.1 or 2.0.",
    "InvalidPriority": "Give a number from 0.0 to 1.0.",
    "InvalidValueType": "Give the type that the format asks for, or take the key out where there is nothing to say.",
    "JSONError": "Write valid JSON (RFC 8259).",
    "MissingContent": "Add content_html or content_text.",
    "NextMatchesSelf": "Make next_url the address of the page that follows, or take it out.",
    "NotJSONFeed": "Give a feed: https://jsonfeed.org/version/1.1 says what one has.",
    "TooLarge": "Split it into several documents.",
    "UnexpectedByteOrderMark": "Save the document without a byte order mark.",
    "ValidatorLimit": "Make it smaller: no reader takes more either.",
}
WARNINGS = {
    "ConditionalGetIgnored": "Answer 304 to whoever has the document already: readers ask every hour.",
    "DeprecatedElement": "Take it out: nobody reads it any more.",
    "DuplicateSelf": "Name one self link.",
    "DuplicateURL": "List each address once.",
    "EmptySitemap": "List something, or do not name this sitemap anywhere.",
    "EncodingMismatch": "Let the header and the document say the same.",
    "ForeignHost": "List its own host's addresses; another's count where the robots.txt there names this sitemap.",
    "HubsDontMatch": "Name the same hubs in the Link header and in the document: subscribers believe the header.",
    "InsecureRedirect": "Redirect to https.",
    "InvalidHTTPDate": "Write it as Sat, 31 Jan 2026 08:00:00 GMT (RFC 9110, 5.6.7).",
    "InvalidOutlineType": "Use rss or link; other types are of OPML 2.0.",
    "InvalidOutlineVersion": "Use RSS, RSS1, RSS2 or scriptingNews.",
    "LargeFeed": "Name fewer entries; older ones belong into an archive or on a next page.",
    "MissingAbout": "Say once, in about, where the extension is described.",
    "MissingCacheControl": "Add Cache-Control: max-age=600, so that caches and readers know how long it holds.",
    "MissingOutlineType": "Add type.",
    "MissingRecommendedElement": "Add it.",
    "MissingTitleAttr": "Add title.",
    "MissingUrlAttr": "Add url.",
    "MissingValidators": "Add ETag or Last-Modified: without them every request is a download.",
    "MissingVary": "Add Vary: Accept-Encoding, so that no cache gives it to who cannot unpack it.",
    "MissingXmlURL": "Add xmlUrl.",
    "NotCacheable": "Allow caches to keep it and to ask whether it still holds: Cache-Control: max-age=600.",
    "OutsideScope": "Put the sitemap into a folder above what it lists, best at the root.",
    "RedirectChain": "Redirect once, to where the document is.",
    "StaleNews": "Take news that is older than two days out.",
    "TempRedirect": "Redirect for good (301 or 308) where the document will stay there.",
    "Uncompressed": "Send gzip, br or zstd to whoever accepts it.",
    "UndefinedInVersion": "Give version as https://jsonfeed.org/version/1.1.",
    "UnexpectedContentType": "Serve it as the media type of its format.",
    "UnstableContent": "Send the same bytes while nothing is new: no time of the request, no random order.",
    "UnstableValidator": "Change ETag and Last-Modified with the document, and not without it.",
}

JSON_ADVICE = {
    "DuplicateElement": "Keep one: which one counts differs from reader to reader.",
    "DuplicateIds": "Give every item an id of its own.",
    "InvalidFullLink": "Give an absolute address, such as https://news.example/1.",
    "InvalidNonNegativeInteger": "Give a number that is not negative; bytes are whole.",
    "MissingElement": "Add it.",
    "MissingSelf": "Add feed_url with the feed's own address.",
    "NotUTF8": "Save the document as UTF-8: RFC 8259 asks for it.",
    "SelfDoesntMatchLocation": "Make feed_url the address under which the feed is served.",
    "UndefinedElement": "Take it out, or begin its name with _ and make it an object.",
    "UnexpectedWhitespace": "Take the white space at its ends out.",
    "DeprecatedElement": "Use authors, a list, beside it or in its place.",
}
SITEMAP_ADVICE = {
    "ImplausibleDate": "Correct it.",
    "InvalidFullLink": "Give an absolute address, such as https://news.example/1, with & written as &amp;.",
    "InvalidLanguage": "Give an ISO 639 code of two or three letters; zh-cn or zh-tw for Chinese.",
    "NotUTF8": "Save the sitemap as UTF-8: the protocol asks for it.",
    "UndefinedElement": "Take it out, or give it a namespace of its own.",
}
OPML_ADVICE = {
    "InvalidFullLink": "Give an absolute address, such as https://news.example/feed.",
    "InvalidPositiveInteger": "Give a whole number.",
}
UNKNOWN_ADVICE = {
    "SAXError": "Give a feed (Atom, RSS, RDF, JSON Feed), OPML or a sitemap.",
    "UndefinedElement": "Give a feed (Atom, RSS, RDF, JSON Feed), OPML or a sitemap.",
}
