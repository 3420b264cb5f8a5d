"""The rules: each code with its severity, and how to mend what breaks it. Codes are the W3C validator's class names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from feeds.validate import rules_other

Severity = Literal["error", "warning"]

_ERRORS = {
    "BadXmlVersion": "Declare version 1.0: few parsers read another.",
    "CurrentNotSelfInCompleteFeed": "A complete feed is its own current document: link to itself.",
    "DeprecatedDTD": "Name http://www.rssboard.org/rss-0.91.dtd: the old document type is gone.",
    "DuplicateAtomLink": "Keep one alternate link for each type and hreflang.",
    "DuplicateElement": "Keep one.",
    "DuplicateIds": "Give every entry an id of its own, and a new updated to a new version.",
    "DuplicateValue": "Give each a value of its own.",
    "EightDaysAWeek": "Name each day once.",
    "FeedRelInCompleteFeed": "Take the link out: a complete feed has no other pages.",
    "IntegerOverflow": "Keep it below 2147483648.",
    "InvalidAccessRestrictionRel": "Use allow or deny.",
    "InvalidAddrSpec": "Give an e-mail address alone, such as name@example.org.",
    "InvalidBooleanAttribute": "Use true or false.",
    "InvalidCommaSeparatedIntegers": "Give whole numbers parted by commas.",
    "InvalidContact": "Write it as name@example.org (Real Name).",
    "InvalidCoord": "Give a latitude and a longitude in degrees, parted by a space.",
    "InvalidCoordList": "Give pairs of latitude and longitude, parted by spaces.",
    "InvalidCountryCode": "Give two-letter codes of ISO 3166.",
    "InvalidCreditRole": "Use a role of the EBU list, in lower case, or name another scheme.",
    "InvalidDay": "Use Monday to Sunday.",
    "InvalidDoctype": "The document type is that of RSS 0.91: leave it out of other versions.",
    "InvalidDuration": "Write it as seconds, MM:SS or HH:MM:SS.",
    "InvalidFloat": "Give a number, such as 12.5.",
    "InvalidFloatUnit": "Give a number, such as 12.5.",
    "InvalidFormComponentName": "Begin it with a letter; use letters, digits and :._ after it.",
    "InvalidFullLink": "Give an absolute IRI, such as tag:example.org,2026:1.",
    "InvalidCurrencyUnit": "Give a three-letter code of ISO 4217.",
    "InvalidFullLocation": "Write it as street, city, state, postal code, country.",
    "InvalidGender": "Use Male, M, Female or F.",
    "InvalidHeight": "Give a whole number from 1 to 400.",
    "InvalidHour": "Use 0 to 23.",
    "InvalidHttpGUID": 'Make it an absolute address, or say isPermaLink="false".',
    "InvalidIRI": "Give an address without spaces, quotes, braces or controls; percent-encode them.",
    "InvalidISO8601Date": "Write it as 2026-01-31.",
    "InvalidISO8601DateTime": "Write it as 2026-01-31T08:00:00Z.",
    "InvalidInteger": "Give a whole number.",
    "InvalidIntegerAttribute": "Give a whole number.",
    "InvalidItunesCategory": "Use a category of Apple's list, spelt as there.",
    "InvalidItunesChannelType": "Use episodic or serial.",
    "InvalidItunesEpisodeType": "Use full, trailer or bonus.",
    "InvalidIntUnit": "Give a whole number, with a unit or without.",
    "InvalidLabel": "Put each label into an element of its own.",
    "InvalidLanguage": "Give a BCP 47 tag, such as en or be-tarask.",
    "InvalidLatitude": "Give degrees from -90 to 90.",
    "InvalidLink": "Give an address, with what is not allowed in it percent-encoded.",
    "InvalidLocalRole": "Use request, example, related, correction, subset or superset.",
    "InvalidLocation": "Write it as city, state or city, state, country.",
    "InvalidLongitude": "Give degrees from -180 to 180.",
    "InvalidMIMEAttribute": "Give a media type, such as audio/mpeg.",
    "InvalidMIMEType": "Give a media type, such as text/html.",
    "InvalidMaritalStatus": "Use single, married, divorced, separated, widowed or in relationship.",
    "InvalidMediaExpression": "Use sample, full or nonstop.",
    "InvalidMediaHash": "Give 32 characters for md5 or 40 for sha-1.",
    "InvalidMediaMedium": "Use image, audio, video, document or executable.",
    "InvalidMediaRating": "Use a value of the scheme; for urn:simple adult or nonadult.",
    "InvalidMediaRestriction": "Use all or none, or name a type.",
    "InvalidMediaRestrictionRel": "Use allow or deny.",
    "InvalidMediaRestrictionType": "Use country or uri.",
    "InvalidMediaTextType": "Use plain or html.",
    "InvalidMetaContent": "Use robots directives, such as noindex.",
    "InvalidMetaName": "Use robots.",
    "InvalidNPTTime": "Write it as seconds or HH:MM:SS.",
    "InvalidNSS": "Use the characters of a URN's specific part.",
    "InvalidNamespace": "Use the namespace of the format.",
    "InvalidNonNegativeInteger": "Give a whole number, 0 or more.",
    "InvalidPaymentMethod": "Use Cash, Check, Visa, MasterCard, AmericanExpress, Discover or WireTransfer.",
    "InvalidPercentage": "Give a number from 0 to 100.",
    "InvalidPermalink": 'Say isPermaLink="false": it is an identifier, no web page.',
    "InvalidPositiveInteger": "Give a whole number, 1 or more.",
    "InvalidPriceType": "Use negotiable or starting.",
    "InvalidRDF": "Do not mix text and elements.",
    "InvalidRFC2822Date": "Write it as Sat, 31 Jan 2026 08:00:00 GMT.",
    "InvalidRFC3339Date": "Write it as 2026-01-31T08:00:00Z.",
    "InvalidRSSVersion": "Use 2.0.",
    "InvalidRatingType": "Use 1 to 5.",
    "InvalidReviewerType": "Use editorial or user.",
    "InvalidSalaryType": "Use starting or negotiable.",
    "InvalidServiceType": "Use FedEx, UPS, DHL, Mail, Overnight, Standard or Other.",
    "InvalidSseType": "Use complete or aggregated.",
    "InvalidTAG": "Write it as tag:authority,2026-01-31:name (RFC 4151), with a lower-case authority.",
    "InvalidTextType": "Use text, html or xhtml.",
    "InvalidTrueFalse": "Use true or false.",
    "InvalidURIAttribute": "Give an address, with what is not allowed in it percent-encoded.",
    "InvalidURLAttribute": "Give a full http or https address.",
    "InvalidURN": "Write it as urn:namespace:name (RFC 8141).",
    "InvalidUUID": "Write it as urn:uuid: and 32 hexadecimal digits in groups of 8-4-4-4-12.",
    "InvalidUpdatePeriod": "Use hourly, daily, weekly, monthly or yearly.",
    "InvalidUriChar": "Percent-encode it.",
    "InvalidValue": "Use a value that is allowed here.",
    "InvalidW3CDTFDate": "Write it as 2026-01-31 or 2026-01-31T08:00:00Z.",
    "InvalidWidth": "Give a whole number from 1 to 144.",
    "InvalidYear": "Give a year from 1900 on.",
    "InvalidYesNo": "Use yes or no.",
    "InvalidYesNoClean": "Use yes, no or clean, without white space.",
    "IncorrectDOW": "Correct the day of the week, or leave it out.",
    "LinkPastEnd": "Take the link out: this is the end of the list.",
    "MediaGroupWithoutAlternatives": "Put two or more media:content into a group, or none.",
    "MediaRssNamespace": "Write http://search.yahoo.com/mrss/ with the slash at its end.",
    "MisplacedMetadata": "Put what describes the feed before its first entry.",
    "MissingAttribute": "Add it.",
    "MissingByAndWhenAttrs": "Add by, when or both.",
    "MissingContentOrAlternate": "Add content, or a link with rel=alternate.",
    "MissingDescription": "Add it.",
    "MissingElement": "Add it.",
    "MissingHref": "Add href.",
    "MissingLink": "Add it.",
    "MissingNamespace": "Declare the namespace.",
    "MissingSummary": "Add a summary: the content is elsewhere or is not text.",
    "MissingTitle": "Add it.",
    "MissingXhtmlDiv": "Wrap the markup in one div of the XHTML namespace.",
    "ItemMustContainTitleOrDescription": "Add a title or a description.",
    "NoBlink": "Take it out, or use blogChannel:blink.",
    "NoThrWhen": "It is named thr:updated (RFC 4685).",
    "NotBase64": "Encode it as base64, or give its type as text.",
    "NotEnoughHoursInTheDay": "Name each hour once.",
    "NotEscaped": "Leave mode out, and say type=xhtml.",
    "NotInANamespace": "Give it a namespace, as its parent has.",
    "ObsoleteNamespace": "Write Atom 1.0: the namespace is http://www.w3.org/2005/Atom.",
    "SAXError": "Write well-formed XML, with nothing before its declaration and no document type.",
    "SinceAfterUntil": "Exchange the two.",
    "TooLong": "Shorten it.",
    "TooMany": "Keep ten.",
    "UndefinedElement": "Take it out, or give it a namespace of its own.",
    "UndefinedNamedEntity": "Write the character itself.",
    "UnexpectedAttribute": "Take it out.",
    "UnexpectedText": "Put it into an element, or take it out.",
    "UnexpectedWhitespace": "Take the white space at its ends out.",
    "UnicodeError": "Save the document in the encoding it declares; UTF-8 is best.",
    "UnknownEncoding": "Declare an encoding that parsers know; UTF-8 is best.",
    "UriNotIri": "Write the host in punycode and percent-encode the rest: this has to be ASCII.",
    "UseZeroForUnknown": "Write 0 where the length is unknown.",
    "WPBlankLine": "Take the blank lines out that some plugin or theme writes before <?xml.",
}
_WARNINGS = {
    "ArchiveIncomplete": "Link to the archives before and after it, or mark the feed complete.",
    "AtomLinkNotEmpty": "A link is an empty element; put its text into the title attribute.",
    "AttrNotBlank": "Fill it, or take it out.",
    "AvoidNamespacePrefix": "Make it the default namespace: some readers look for the elements' bare names.",
    "AvoidTextInput": "Take it out: readers do not show it.",
    "BadCharacters": "Find where the text was decoded with the wrong encoding.",
    "CharacterData": "Write & and < in plain text as &#x26; and &#x3C;: other ways are read as markup.",
    "CommentRSS": "It is named wfw:commentRss.",
    "ContainsEmail": "Put the address into the email element.",
    "ContainsHTML": "Make it plain text: readers show markup here in different ways.",
    "ContainsRelRef": "Make it an absolute address.",
    "ContainsUndeclaredHTML": 'Say type="html", or make it plain text.',
    "CoordComma": "Part the numbers by a space.",
    "DangerousStyleAttr": "Take the style attribute out.",
    "DeprecatedMediaAdult": "Use media:rating.",
    "DuplicateDescriptionSemantics": "Say it once: readers choose one of the two.",
    "DuplicateEnclosure": "Keep one: most readers know only the first or the last.",
    "DuplicateEntries": "Give every entry an id of its own.",
    "DuplicateItemSemantics": "Keep one of the two: they say the same.",
    "DuplicateSemantics": "Keep one of the two: they say the same.",
    "DuplicateUpdated": "Give each entry the moment of its own change.",
    "EmailFormat": "Write it as name@example.org (Real Name).",
    "FeedHistoryRelInEntry": "Put the link into the feed: it says nothing of an entry.",
    "HtmlFragment": 'Say type="html": a whole document is expected.',
    "ImageLinkDoesntMatch": "Make the image's link that of the channel.",
    "ImageTitleDoesntMatch": "Make the image's title that of the channel.",
    "ImageUrlFormat": "Use a GIF, JPEG or PNG.",
    "ImplausibleDate": "Correct it: a year before 1990, or a time to come.",
    "InvalidKeywords": "Part the keywords by commas.",
    "MisplacedItem": "Put the items after everything else of the channel.",
    "MisplacedXHTMLContent": "Put it into a text of the feed.",
    "MissingAtomSelfLink": 'Add <atom:link rel="self" href="..."/> with the feed\'s own address.',
    "MissingGuid": "Add a guid: readers know an item again by it.",
    "MissingItunesElement": "Add it: Apple's directory asks for it.",
    "MissingItunesEmail": "Add itunes:owner with an e-mail address.",
    "MissingRealName": "Write it as name@example.org (Real Name).",
    "MissingRecommendedAttribute": "Add the other.",
    "MissingSelf": 'Add <link rel="self" href="..."/> with the feed\'s own address.',
    "MissingSourceElement": "Add it.",
    "MissingCurrentInArchive": "Add a link with rel=current to the feed that it is an archive of.",
    "MissingTextualContent": "Add a summary or content.",
    "MissingTypeAttr": "Add the type of what is elsewhere.",
    "NeedDescriptionBeforeContent": "Put the description before content:encoded: some readers show the last of them.",
    "NonCanonicalURI": "Write it in its normal form: ids are compared character by character.",
    "NotBlank": "Fill it, or take it out.",
    "NotHtml": "Write HTML that validates.",
    "NotInline": "Say type=html, or write elements instead of escaped markup.",
    "NotSufficientlyUnique": "Make it longer: numbers like this are used by other feeds, too.",
    "NotUTF8": "Use UTF-8: Apple's directory reads nothing else.",
    "ObscureEncoding": "Use UTF-8: few parsers know this encoding.",
    "ObsoleteItunesCategory": "Use a category of Apple's present list.",
    "ObsoleteWikiNamespace": "Use http://purl.org/rss/1.0/modules/wiki/.",
    "ProblematicalRFC822Date": "Write it as Sat, 31 Jan 2026 08:00:00 GMT: some readers know no other form.",
    "QuestionableUsage": "Take it out: nobody looks for it here.",
    "RelativeSelf": "Give the full address.",
    "ReservedPrefix": "Use the prefix for its own namespace: some readers go by prefixes.",
    "SameDocumentReference": "Give the full address: readers take it for the feed itself.",
    "SchemeNotIANARegistered": "Use a registered scheme, such as https.",
    "SecurityRisk": "Take the element out: readers drop or distrust it.",
    "SecurityRiskAttr": "Take the attribute out: readers drop or distrust it.",
    "SelfDoesntMatchLocation": "Make rel=self the address under which the feed is served.",
    "SelfNotAtom": "Give the feed's own media type.",
    "SlashDate": "Add lastBuildDate to the channel: the number of comments is of a moment.",
    "UndeterminableVocabulary": "Give it a namespace.",
    "UnknownNamespace": "Use a namespace that readers know.",
    "UnregisteredAtomLinkRel": "Use a relation of the IANA list, or an absolute IRI.",
    "UnsupportedItunesFormat": "Use a format that Apple's directory takes, such as mp3 or m4a.",
    "UseOfExtensionAttr": "Use an element: RSS knows only extension elements.",
    "UseZeroForMidnight": "Write 0 instead of 24.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule. `line` and `column` count from 1; `message` says what is wrong and how to mend it."""

    severity: Severity
    code: str
    line: int
    column: int
    message: str


class Note(NamedTuple):
    """A finding before it has a place: its code and what is wrong."""

    code: str
    what: str


_ALL_ERRORS = {**rules_other.ERRORS, **_ERRORS}
_ALL_WARNINGS = {**rules_other.WARNINGS, **_WARNINGS}
_NONE: Mapping[str, str] = MappingProxyType({})


def severity_of(code: str) -> Severity:
    """Whether what breaks a rule is an error."""
    return "error" if code in _ALL_ERRORS else "warning"


def finding(note: Note, line: int, column: int = 1, own: Mapping[str, str] = _NONE) -> Finding:
    """`note` with its place, its severity and its advice; `own` is a format's advice by code, which goes first."""
    advice = own.get(note.code) or _ALL_ERRORS.get(note.code) or _ALL_WARNINGS[note.code]
    what = note.what
    if not what.isprintable():
        what = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in what)
    return Finding(severity_of(note.code), note.code, line, column, f"{what}. {advice}")


def shown(value: object) -> str:
    """`value` in a message: its beginning, with what is not printable escaped."""
    text = str(value)
    return ascii(text[:77] + "..." if len(text) > 80 else text)
