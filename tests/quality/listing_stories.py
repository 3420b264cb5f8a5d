"""What the written listing pages are made of: stories out of a small vocabulary, and the chrome around lists."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_WORDS = {
    "en": (
        "council|ministry|harbour board|teachers|local farmers|river ferry|national museum|city library|railway workers|night market".split(
            "|"
        ),
        "approves|delays|cancels|reopens|questions|wins|rejects|announces|expands|loses".split("|"),
        "budget for the coming year|plan to close two schools|new bridge across the river|contract with the port|tax on short flights"
        "|ban on old cars|search for a new director|grant for young artists|talks about water prices|vote on the stadium".split(
            "|"
        ),
    ),
    "ru": (
        "Городской совет|Министерство|Совет порта|Учителя|Фермеры|Музей|Библиотека|Железнодорожники|Суд|Больница".split(
            "|"
        ),
        "утвердил|отложил|отменил|открыл|обсудил|выиграл|отклонил|объявил|расширил|потерял".split("|"),
        "бюджет на следующий год|план закрытия двух школ|новый мост через реку|договор с портом|налог на короткие рейсы"
        "|запрет старых машин|поиск нового директора|стипендию для художников|переговоры о воде|голосование о стадионе".split(
            "|"
        ),
    ),
    "be": (
        "Гарадскі савет|Міністэрства|Настаўнікі|Фермеры|Музей|Бібліятэка|Чыгуначнікі|Суд|Бальніца|Тэатр".split("|"),
        "зацвердзіў|адклаў|адмяніў|адкрыў|абмеркаваў|выйграў|адхіліў|абвясціў|пашырыў|страціў".split("|"),
        "бюджэт на наступны год|план закрыцця дзвюх школ|новы мост праз раку|дамову з портам|падатак на кароткія рэйсы"
        "|забарону старых машын|пошук новага дырэктара|стыпендыю для мастакоў|перамовы пра ваду|галасаванне пра стадыён".split(
            "|"
        ),
    ),
    "de": (
        "Stadtrat|Ministerium|Hafenamt|Lehrer|Bauern|Fährbetrieb|Museum|Bücherei|Bahnpersonal|Gericht".split("|"),
        "beschließt|verschiebt|streicht|eröffnet|prüft|gewinnt|verwirft|verkündet|erweitert|verliert".split("|"),
        "Haushalt für das kommende Jahr|Plan zur Schließung zweier Schulen|neue Brücke über den Fluss|Vertrag mit dem Hafen"
        "|Steuer auf kurze Flüge|Verbot alter Autos|Suche nach neuer Leitung|Förderung junger Künstler|Gespräche über Wasserpreise"
        "|Abstimmung über das Stadion".split("|"),
    ),
    "fr": (
        "Le conseil|Le ministère|Le port|Les enseignants|Les agriculteurs|Le musée|La bibliothèque|Les cheminots|Le tribunal|L’hôpital".split(
            "|"
        ),
        "approuve|reporte|annule|rouvre|examine|gagne|rejette|annonce|étend|perd".split("|"),
        "le budget de l’année prochaine|la fermeture de deux écoles|un nouveau pont sur le fleuve|le contrat du terminal"
        "|une taxe sur les vols courts|l’interdiction des vieilles voitures|la recherche d’un directeur|une bourse pour artistes"
        "|les discussions sur l’eau|le vote sur le stade".split("|"),
    ),
    "ja": (
        "市議会|文部省|港湾局|教師組合|農家|国立博物館|市立図書館|鉄道会社|裁判所|病院".split("|"),
        "が|は|も".split("|"),
        "来年度予算を承認した|学校二校の閉鎖を延期した|新しい橋を開通させた|港との契約を見直した|短距離便に課税する方針を発表した"
        "|古い車の禁止を検討している|新館長を探している|若手芸術家に助成金を出す|水道料金を協議した|競技場建設を投票にかける".split(
            "|"
        ),
    ),
}
_TEASERS = {
    "en": "The decision came after a long meeting in which several members asked for more time and better figures.",
    "ru": "Решение приняли после долгого заседания, на котором несколько участников просили больше времени и цифр.",
    "be": "Рашэнне прынялі пасля доўгага пасяджэння, на якім некалькі ўдзельнікаў прасілі больш часу і лічбаў.",
    "de": "Die Entscheidung fiel nach einer langen Sitzung, in der mehrere Mitglieder um mehr Zeit und bessere Zahlen baten.",
    "fr": "La décision est tombée après une longue séance où plusieurs membres ont demandé plus de temps et de chiffres.",
    "ja": "長い会議のあとで決まった。複数の委員が、もっと時間と正確な数字が必要だと述べていた。",
}
_NAMES = "Ada Linden|Boris Havel|Carla Reyes|Dmitri Osin|Elsa Moor".split("|")
_RUBRICS = "Politics|Economy|Culture|Sport|Society".split("|")
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Story:
    """One article: its words, what its address is made of, and when it was published."""

    n: int
    title: str
    slug: str
    at: datetime
    teaser: str
    author: str
    rubric: str

    @property
    def stamp(self) -> str:
        """`2026-11-25T14:30:00`, without a zone."""
        return f"{self.at:%Y-%m-%dT%H:%M:%S}"

    @property
    def day(self) -> str:
        return f"{self.at:%Y-%m-%d}"

    @property
    def path(self) -> str:
        """`2026/11/25`."""
        return f"{self.at:%Y/%m/%d}"


def stories(count: int, seed: int, language: str = "en") -> list[Story]:
    """`count` stories of which no two have one title, the newest first."""
    rng = random.Random(seed)  # noqa: S311  # the same material each time
    who, does, what = _WORDS[language]
    every = [(a, b, c) for a in who for b in does for c in what]
    slugs = [(a, b, c) for a in _WORDS["en"][0] for b in _WORDS["en"][1] for c in _WORDS["en"][2]]
    glue = "" if language == "ja" else " "
    picked = rng.sample(range(min(len(every), len(slugs))), count)
    at = NOW
    made = []
    for index in picked:
        at -= timedelta(minutes=rng.randint(20, 400))
        title = glue.join(every[index])
        made.append(
            Story(
                n=100_000 + index * 7,
                title=title[:1].upper() + title[1:],
                slug="-".join(slugs[index]).replace(" ", "-"),
                at=at,
                teaser=_TEASERS[language],
                author=_NAMES[index % 5],
                rubric=_RUBRICS[index % 5],
            )
        )
    return made


@dataclass(frozen=True, slots=True)
class Case:
    """One listing page: its bytes' text, its address, and the addresses of the articles it lists, in order.

    `titles` are their headlines, where a headline is not plain to see.
    """

    name: str
    url: str
    html: str
    expected: tuple[str, ...]
    titles: tuple[str, ...] = ()


Made = tuple[str, list[str]] | tuple[str, list[str], list[str]]
CASES: list[Case] = []


def case(url: str) -> Callable[[Callable[[], Made]], Callable[[], Made]]:
    """Registers the page that a function makes: its HTML, the addresses (those relative are made absolute by the origin
    of `url`), and perhaps the headlines."""

    def register(make: Callable[[], Made]) -> Callable[[], Made]:
        html, paths, *titles = make()
        origin = "/".join(url.split("/")[:3])
        expected = tuple(path if "://" in path else origin + path for path in paths)
        CASES.append(Case(make.__name__, url, html, expected, tuple(titles[0]) if titles else ()))
        return make

    return register


def html(body: str, *, title: str = "News", head: str = "", language: str = "en") -> str:
    """A whole page."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body>{body}</body></html>"
    )


NAV = (
    '<nav class="main-nav"><ul><li><a href="/">Home</a></li><li><a href="/politics/">Politics</a></li>'
    '<li><a href="/economy/">Economy</a></li><li><a href="/culture/">Arts and culture</a></li>'
    '<li><a href="/sport/">Sport</a></li><li><a href="/about-us/">About us</a></li></ul></nav>'
)
FOOTER = (
    '<footer><ul><li><a href="/contact/">Contact the newsroom</a></li><li><a href="/privacy-policy/">Privacy policy</a></li>'
    '<li><a href="/terms-of-use/">Terms of use and conditions</a></li><li><a href="https://facebook.com/desk">Facebook</a></li>'
    '<li><a href="https://weather.example.net/">Weather by our partner</a></li></ul><p>© 2026</p></footer>'
)


def menu(labels: str, css: str = "menu") -> str:
    """A menu without semantics: `<div>`s and links, as many labels as there are words."""
    links = "".join(f'<a class="{css}-item" href="/{label.lower()}">{label}</a>' for label in labels.split())
    return f'<div class="{css}">{links}</div>'
