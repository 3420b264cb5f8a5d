"""Generated feeds as newsrooms publish them: three formats, six languages, bodies of HTML, every text a different one.

Everything follows from the numbers that are asked for, so that each run and each peer reads the same bytes. 30 entries
are 42 kB in the median. An entry has a serial number of its own in its feed; a version of a feed shows a window of them
that moves up by `FRESH` with each version.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

NOW = datetime(2026, 11, 1, tzinfo=UTC)
"""The present of every benchmark of polling: the entries of version 0 are of the six days before."""

ENTRIES = 30
FRESH = 3
"""New entries on top of each version, and old ones that are gone at its end."""

SPACING = timedelta(hours=4)
FORMATS = ("rss",) * 6 + ("atom",) * 3 + ("rdf",)
"""By the last digit of a feed's number: RSS 2.0 is what most of the press publishes."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language: words that may begin with a capital, endings that make more of them, and small words between."""

    code: str
    words: tuple[str, ...]
    small: tuple[str, ...]
    people: tuple[str, ...]
    sections: tuple[str, ...]


def _tongue(code: str, stems: str, endings: str, small: str, people: str, sections: str) -> Tongue:
    words = tuple(stem + ending.strip("-") for stem in stems.split() for ending in endings.split())
    return Tongue(code, words, tuple(small.split()), tuple(people.split()), tuple(sections.split()))


TONGUES = (
    _tongue(
        "en",
        "council harbour budget ferry minister court strike bridge school market inquiry storm treaty museum election "
        "tariff railway hospital festival border factory tenant pension climate airport archive coast village "
        "parliament reactor verdict subsidy teacher forest banker orchestra vaccine quarry satellite reservoir",
        "- -s -'s -wide -like -based",
        "the of and to in for with on at from by after before against under without between over about near",
        "Aldous Brennan Carew Dunmore Ellery Farrow Garrick Hollis",
        "Politics Economy Culture Region World Science",
    ),
    _tongue(
        "de",
        "Haushalt Hafen Gericht Streik Brücke Schule Markt Sturm Vertrag Museum Wahl Bahnhof Klinik Grenze Werk Mieter "
        "Rente Klima Flughafen Küste Gemeinde Urteil Wald Orchester Impfstoff Behörde Minister Ausschuss Prozess",
        "- -s -plan -streit -frage -reform -bericht",
        "der die das und in mit von zu für auf aus bei nach vor gegen unter ohne zwischen über während",
        "Albers Brandes Carstens Dietz Ehlers Friedrichs",
        "Politik Wirtschaft Kultur Regionales Ausland Wissen",
    ),
    _tongue(
        "fr",
        "conseil port budget ministre tribunal pont école marché enquête tempête traité musée élection gare hôpital "
        "frontière usine locataire retraite climat aéroport côte village verdict forêt orchestre vaccin carrière",
        "- -s -ier -iste -eur",
        "le la les et dans avec de à pour sur par après avant contre sous sans entre près chez selon",
        "Aubert Blanchet Charrier Delorme Estienne Fauvel",
        "Politique Économie Culture Région Monde Sciences",
    ),
    _tongue(
        "ru",
        "совет порт бюджет паром министр суд мост рынок завод музей выбор вокзал госпитал границ пенси климат аэропорт "
        "архив берег посёлк парламент приговор учител лес оркестр вакцин спутник договор шторм тариф школ дорог",
        "- -а -у -ом -е -ы -ов -ный",
        "и в на с по для от из к о за при после перед против под без между через около",
        "Алёхин Бережной Ветров Гордин Дёмина Ершова",
        "Политика Экономика Культура Регион Мир Наука",
    ),
    _tongue(
        "pl",
        "rad port budżet minister sąd most szkoł targ umow muze wybor dworzec szpital granic fabryk lokator emerytur "
        "klimat lotnisk archiw wybrzeż parlament wyrok nauczyciel las orkiestr szczepionk satelit burz śledztw",
        "- -a -u -em -ie -ów -owy",
        "i w na z do dla od o za przy po przed przeciw pod bez między przez obok oraz według",
        "Adamiec Borowik Czapla Drozd Filipiak Gajda",
        "Polityka Gospodarka Kultura Region Świat Nauka",
    ),
    _tongue(
        "be",
        "савет порт бюджэт паром міністр суд мост рынак завод музей выбар вакзал шпітал граніц пенсі клімат аэрапорт "
        "архіў бераг вёск парламент прысуд настаўнік лес аркестр вакцын спадарожнік дамов шторм тарыф школ дарог",
        "- -а -у -ам -е -ы -аў -ны",
        "і ў на з па для ад з да пра за пры пасля перад супраць пад без паміж праз каля",
        "Аўсееў Багданчук Вярба Гардзей Дубовік Жук",
        "Палітыка Эканоміка Культура Рэгіён Свет Навука",
    ),
)

_ENTITIES = ("&amp;", "&nbsp;", "&#8217;", "&ndash;", "&quot;", "&eacute;")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One generated entry; `teaser` is text, `body` HTML."""

    serial: int
    title: str
    path: str
    at: datetime
    author: str
    categories: tuple[str, ...]
    teaser: str
    body: str


def format_of(number: int) -> str:
    """The format of feed `number`: rss, atom or rdf."""
    return FORMATS[number % len(FORMATS)]


def home(number: int) -> str:
    """The address of the site that feed `number` speaks of."""
    return f"http://news-{number}.example"


def feed(number: int, entries: int = ENTRIES, version: int = 0) -> bytes:
    """Feed `number` as it stands in `version`: `entries` entries, newest first, in UTF-8.

    The newest entry of version v is of `NOW` + v x 12 h at most.
    """
    tongue = TONGUES[number % len(TONGUES)]
    last = entries - 1 + FRESH * version
    shown = [_entry(number, serial, entries, tongue) for serial in range(last, last - entries, -1)]
    return {"rss": _rss, "atom": _atom, "rdf": _rdf}[format_of(number)](number, tongue, shown).encode()


def archive(number: int, page: int, size: int = 250) -> bytes:
    """Page `page`, from 0, of what feed `number` said before: a JSON Feed of `size` short entries, newest first.

    A page goes three entries a day, from the days before version 0 back in time: page 0 is the youngest. Serial
    numbers are negative, so that nothing in it is in any version of the feed itself.
    """
    tongue = TONGUES[number % len(TONGUES)]
    items = []
    for back in range(page * size, (page + 1) * size):
        rng = random.Random(number * 1_000_003 - back - 1)  # noqa: S311  # a generator of text, not of secrets
        at = NOW - timedelta(days=7, hours=8 * back, seconds=rng.randrange(7200))
        words = _unique(number, -back - 1, tongue)
        items.append(
            {
                "id": f"{home(number)}/old/{back}",
                "url": f"{home(number)}/{at:%Y/%m}/{back}-{rng.randrange(10**6)}",
                "title": f"{words} {' '.join(rng.choices(tongue.words, k=4))}".capitalize(),
                "content_html": f"<p>{_sentence(rng, tongue, 25)}</p>",
                "date_published": at.isoformat(),
                "tags": [rng.choice(tongue.sections)],
            }
        )
    head = {"version": "https://jsonfeed.org/version/1.1", "title": f"Archive {number}", "home_page_url": home(number)}
    return json.dumps({**head, "items": items}, ensure_ascii=False).encode()


def _entry(number: int, serial: int, entries: int, tongue: Tongue) -> _Entry:
    rng = random.Random(number * 1_000_003 + serial)  # noqa: S311  # a generator of text, not of secrets
    at = NOW - timedelta(hours=12) + SPACING * (serial - entries + 1) + timedelta(seconds=rng.randrange(7200))
    title = f"{_unique(number, serial, tongue)} {' '.join(rng.choices(tongue.words, k=rng.randint(3, 6)))}"
    tail = ("", "", "", f"?utm_source=rss&utm_medium=feed&utm_campaign=f{number}")[serial % 4]
    return _Entry(
        serial=serial,
        title=title[0].upper() + title[1:] + ("", "", " – “live”", " & more")[rng.randrange(4)],
        path=f"/{at:%Y/%m/%d}/{rng.choice(TONGUES[0].words).strip(chr(39))}-{serial}.html{tail}".replace("'", "-"),
        at=at,
        author=f"{rng.choice(tongue.people)} {rng.choice(tongue.people)}",
        categories=tuple(dict.fromkeys(rng.choices(tongue.sections, k=rng.randint(1, 3)))),
        teaser=_sentence(rng, tongue, 12),
        body=_body(rng, number, serial, tongue),
    )


def _unique(number: int, serial: int, tongue: Tongue) -> str:
    """Words that no other entry of the language has: the digits of its number, written in words."""
    left, digits = number * 100_000 + serial + 50_000, []
    while left:
        left, digit = divmod(left, len(tongue.words))
        digits.append(tongue.words[digit])
    return " ".join(digits)


def _sentence(rng: random.Random, tongue: Tongue, words: int) -> str:
    """`words` words of text, every third a small one, with an entity now and then."""
    large = rng.choices(tongue.words, k=words - words // 3)
    small = rng.choices(tongue.small, k=words // 3)
    mixed = [word for pair in zip(large[::2], large[1::2], small, strict=False) for word in pair] + large[-2:]
    return " ".join(mixed).capitalize() + "."


def _body(rng: random.Random, number: int, serial: int, tongue: Tongue) -> str:
    """HTML of one entry. How long a feed's entries are is the feed's own: from teasers to whole articles."""
    long = (4, 6, 8, 10, 14, 20, 32)[number % 7]
    base = "" if number % 5 == 0 else home(number)
    size = max(4, int(long * rng.uniform(0.5, 1.5)))
    first, second, third = (_sentence(rng, tongue, size) for _ in range(3))
    name, word = rng.choice(tongue.people), rng.choice(tongue.words)
    parts = [
        f'<p><a href="{base}/topics/{serial % 17}">{word}</a> {rng.choice(_ENTITIES)} {first}</p>',
        f"<p>{second} <em>{name}</em>: «{third}» {rng.choice(_ENTITIES)} <strong>{word}</strong></p>",
    ]
    if serial % 2 == 0:
        image = f"{base}/media/{number}/{rng.randrange(10**6)}.jpg"
        parts.insert(0, f'<figure><img src="{image}" alt="{word}" width="800" height="450"/></figure>')
    if serial % 3 == 0:
        rows = "".join(f"<li>{_sentence(rng, tongue, 6)}</li>" for _ in range(3))
        parts.append(f"<ul>{rows}</ul>")
    if serial % 5 == 0:
        parts.append(f'<blockquote class="quote" style="margin:0"><p>{_sentence(rng, tongue, 12)}</p></blockquote>')
    if serial % 7 == 0:
        parts.append(f'<p><a href="https://social.example/share?u={serial}&amp;t={number}">+</a><br/></p>')
    return "\n".join(parts)


def _rss(number: int, tongue: Tongue, shown: list[_Entry]) -> str:
    """RSS 2.0: two feeds of three with a teaser and `content:encoded`, the third with all of it in the description."""
    rows = []
    for one in shown:
        link = escape(home(number) + one.path)
        guid = f'<guid isPermaLink="false">{number}-{one.serial}@news.example</guid>'
        if number % 4 == 0:
            guid = f"<guid>{escape(home(number) + one.path.partition('?')[0])}</guid>"
        texts = f"<description>{escape(one.body)}</description>"
        if number % 3:
            body = f"<content:encoded><![CDATA[{one.body}]]></content:encoded>"
            texts = f"<description>{escape(one.teaser)}</description>\n{body}"
        categories = "".join(f"<category>{escape(each)}</category>" for each in one.categories)
        picture = f'<media:thumbnail url="{home(number)}/t/{one.serial}.jpg" width="150" height="150"/>'
        rows.append(
            f"<item>\n<title>{escape(one.title)}</title>\n<link>{link}</link>\n{guid}\n"
            f"<pubDate>{format_datetime(one.at)}</pubDate>\n<dc:creator>{one.author}</dc:creator>\n{categories}\n"
            f"{texts}\n{picture if one.serial % 2 else ''}\n</item>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f"<title>{tongue.sections[0]} {number}</title>\n<link>{home(number)}/</link>\n"
        f"<description>{tongue.sections[1]}</description>\n<language>{tongue.code}</language>\n"
        f'<atom:link href="{home(number)}/feed.xml" rel="self" type="application/rss+xml"/>\n'
        f"<lastBuildDate>{format_datetime(shown[0].at)}</lastBuildDate>\n" + "\n".join(rows) + "\n</channel>\n</rss>\n"
    )


def _atom(number: int, tongue: Tongue, shown: list[_Entry]) -> str:
    """Atom 1.0 with a summary and a body of escaped HTML."""
    rows = []
    for one in shown:
        categories = "".join(f'<category term="{escape(each)}"/>' for each in one.categories)
        picture = f'<link rel="enclosure" type="image/jpeg" length="48213" href="{home(number)}/e/{one.serial}.jpg"/>'
        rows.append(
            f"<entry>\n<id>tag:news.example,2026:{number}/{one.serial}</id>\n<title>{escape(one.title)}</title>\n"
            f'<link rel="alternate" type="text/html" href="{escape(home(number) + one.path)}"/>\n'
            f"<published>{one.at.isoformat()}</published>\n<updated>{one.at.isoformat()}</updated>\n"
            f"<author><name>{one.author}</name></author>\n{categories}\n<summary>{escape(one.teaser)}</summary>\n"
            f'<content type="html">{escape(one.body)}</content>\n{picture if one.serial % 2 else ""}\n</entry>'
        )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{tongue.code}">\n'
        f"<id>tag:news.example,2026:{number}</id>\n<title>{tongue.sections[0]} {number}</title>\n"
        f'<link rel="self" href="{home(number)}/feed.xml"/>\n<link rel="alternate" href="{home(number)}/"/>\n'
        f"<updated>{shown[0].at.isoformat()}</updated>\n" + "\n".join(rows) + "\n</feed>\n"
    )


def _rdf(number: int, tongue: Tongue, shown: list[_Entry]) -> str:
    """RSS 1.0 with Dublin Core and `content:encoded`."""
    links = [escape(home(number) + one.path) for one in shown]
    rows = [
        f'<item rdf:about="{link}">\n<title>{escape(one.title)}</title>\n<link>{link}</link>\n'
        f"<dc:date>{one.at.isoformat()}</dc:date>\n<dc:creator>{one.author}</dc:creator>\n"
        f"<dc:subject>{escape(one.categories[0])}</dc:subject>\n<description>{escape(one.teaser)}</description>\n"
        f"<content:encoded><![CDATA[{one.body}]]></content:encoded>\n</item>"
        for one, link in zip(shown, links, strict=True)
    ]
    listed = "".join(f'<rdf:li rdf:resource="{link}"/>' for link in links)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">\n'
        f'<channel rdf:about="{home(number)}/">\n<title>{tongue.sections[0]} {number}</title>\n'
        f"<link>{home(number)}/</link>\n<description>{tongue.sections[1]}</description>\n"
        f"<dc:language>{tongue.code}</dc:language>\n<items><rdf:Seq>{listed}</rdf:Seq></items>\n</channel>\n"
        + "\n".join(rows)
        + "\n</rdf:RDF>\n"
    )
