"""Article pages of fictional papers, marked up as real publishers mark up theirs, with the access that each declares.

A page is a frame that every paper has (navigation, invitations to subscribe, boxes for newsletters, lists of other
articles, settings of a paywall as JSON), an article of so many words, and what the paper says of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from db.records import Access

URL = "https://paper.example.org/harbour/ferry-timetable"
TITLE = "The ferry leaves an hour later from Monday"

SENTENCES = {
    "en": "The council has agreed on a timetable that nobody on the quay had asked for. From Monday the first boat "
    "leaves an hour later, and the last one no longer waits for the train.",
    "de": "Der Rat hat einen Fahrplan beschlossen, um den am Kai niemand gebeten hatte. Ab Montag fährt das erste "
    "Schiff eine Stunde später, und das letzte wartet nicht mehr auf den Zug.",
    "fr": "Le conseil a adopté un horaire que personne sur le quai n'avait demandé. Dès lundi, le premier bateau part "
    "une heure plus tard, et le dernier n'attend plus le train.",
    "es": "El consejo aprobó un horario que nadie en el muelle había pedido. Desde el lunes el primer barco sale una "
    "hora más tarde, y el último ya no espera al tren.",
    "it": "Il consiglio ha approvato un orario che nessuno sul molo aveva chiesto. Da lunedì la prima nave parte "
    "un'ora dopo, e l'ultima non aspetta più il treno.",
    "nl": "De raad heeft een dienstregeling vastgesteld waar niemand op de kade om had gevraagd. Vanaf maandag vaart "
    "de eerste boot een uur later, en de laatste wacht niet meer op de trein.",
    "pl": "Rada przyjęła rozkład, o który nikt na nabrzeżu nie prosił. Od poniedziałku pierwszy prom odpływa godzinę "
    "później, a ostatni nie czeka już na pociąg.",
    "cs": "Rada schválila jízdní řád, o který na nábřeží nikdo nestál. Od pondělí odplouvá první loď o hodinu později "
    "a poslední už nečeká na vlak.",
    "sv": "Nämnden har antagit en tidtabell som ingen på kajen hade bett om. Från måndag går den första båten en timme "
    "senare, och den sista väntar inte längre på tåget.",
    "pt": "O conselho aprovou um horário que ninguém no cais tinha pedido. A partir de segunda-feira o primeiro barco "
    "sai uma hora mais tarde, e o último já não espera pelo comboio.",
    "ru": "Совет утвердил расписание, о котором на причале никто не просил. С понедельника первый паром уходит на час "
    "позже, а последний больше не ждёт поезда.",
    "be": "Савет зацвердзіў расклад, пра які на прычале ніхто не прасіў. З панядзелка першы паром адыходзіць на "
    "гадзіну пазней, а апошні больш не чакае цягніка.",
    "uk": "Рада затвердила розклад, про який на причалі ніхто не просив. З понеділка перший пором відходить на "
    "годину пізніше, а останній більше не чекає поїзда.",
}

NAVIGATION = {
    "en": ("Subscribe", "Subscribe now for full access", "Already a subscriber? Log in"),
    "de": ("Abo", "Jetzt abonnieren", "Für Abonnenten: das E-Paper"),
    "fr": ("S'abonner", "Abonnez-vous", "Déjà abonné ? Se connecter"),
    "es": ("Suscríbete", "Suscríbete desde 1 €", "Newsletters para suscriptores"),
    "it": ("Abbonati", "Abbonati ora", "Riservato agli abbonati: l'edizione digitale"),
    "nl": ("Abonneren", "Word abonnee", "Alleen voor abonnees: de krant"),
    "pl": ("Prenumerata", "Kup prenumeratę", "Tylko dla prenumeratorów: e-wydanie"),
    "cs": ("Předplatné", "Předplaťte si nás", "Pouze pro předplatitele: archiv"),
    "sv": ("Prenumerera", "Bli prenumerant", "Endast för prenumeranter: e-tidningen"),
    "pt": ("Assine", "Assine já", "Só para assinantes: edição digital"),
    "ru": ("Подписка", "Оформите подписку", "Только для подписчиков: архив"),
    "be": ("Падпіска", "Аформіце падпіску", "Толькі для падпісчыкаў: архіў"),
    "uk": ("Передплата", "Оформіть передплату", "Лише для передплатників: архів"),
}
"""What every page of a paper that sells says, locked or free: in its head, its margin and its foot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A page: what its paper declares (`declared`, `items` in the body), its words, its paywall, what else is on it."""

    name: str
    access: Access
    declared: str
    language: str = "en"
    words: int = 320
    gate: str = ""
    beside: str = ""
    head: str = ""
    items: str = ""

    def html(self, *, stripped: bool = False) -> str:
        """The page; `stripped` of what the paper declares."""
        invite, offer, login = NAVIGATION[self.language]
        declared, items = ("", "") if stripped else (self.declared, self.items)
        return f"""<!DOCTYPE html><html lang="{self.language}"><head><meta charset="utf-8">
<title>{TITLE} - The Paper</title><link rel="canonical" href="{URL}"><meta property="og:title" content="{TITLE}">
<meta property="og:type" content="article">{declared}{self.head}
<script src="https://static.example.org/app.js"></script>
<script>window.config = {{"paywall": {{"enabled": true, "isPremium": true}}, "access": "locked"}};</script>
</head><body class="article has-sidebar premium-ready"><header class="masthead"><a class="logo" href="/">The Paper</a>
<a class="btn subscribe" href="/subscribe">{invite}</a><p>{login}</p></header>
<nav><ul><li><a href="/harbour">Harbour</a></li><li><a href="/plus">{offer}</a></li></ul></nav>
<div class="page-wrapper">{items}<main><article class="story"><header><h1>{TITLE}</h1>
<p class="byline">By the desk</p></header>
<div class="story-body">{paragraphs(self.language, self.words)}</div>{self.gate}</article></main>
<aside class="sidebar"><h2>Most read</h2><ul>
<li><a href="/a">Gulls return to the pier</a> <span>{login}</span></li></ul>
</aside>{self.beside}<section class="newsletter-signup"><h3>Newsletter</h3><p>{offer}</p></section></div>
<footer><p>{offer}. {login}</p><p>© The Paper</p></footer></body></html>"""


def paragraphs(language: str, words: int) -> str:
    """Paragraphs of `words` words in all."""
    sentence = SENTENCES[language].split()
    text = (sentence * (words // len(sentence) + 1))[:words]
    parts = [" ".join(text[start : start + 60]) for start in range(0, len(text), 60)]
    return "".join(f"<p>{part}</p>" for part in parts)


def ld(*things: object) -> str:
    """JSON-LD, one script for all."""
    said = things[0] if len(things) == 1 else list(things)
    return f'<script type="application/ld+json">{json.dumps(said)}</script>'


def article(kind: object = "NewsArticle", **more: object) -> dict[str, object]:
    """The page's article as a thing of schema.org."""
    return {"@context": "https://schema.org", "@type": kind, "headline": TITLE, "url": URL, **more}


def part(free: object, selector: str | None = ".paywall") -> dict[str, object]:
    """A part of an article with its selector."""
    named = {} if selector is None else {"cssSelector": selector}
    return {"@type": "WebPageElement", "isAccessibleForFree": free, **named}


def meta(name: str, content: str, key: str = "name") -> str:
    return f'<meta {key}="{name}" content="{content}">'


def gate(text: str, classes: str = "paywall-offer") -> str:
    return f'<div class="{classes}"><h3>{text}</h3><p>1 € / 4</p><a class="btn" href="/subscribe">OK</a></div>'


def other(free: object, path: str = "gulls") -> dict[str, object]:
    """Another article of the paper."""
    return {
        "@type": "NewsArticle",
        "headline": "Gulls return to the pier",
        "url": f"https://paper.example.org/{path}",
        "isAccessibleForFree": free,
    }


PREMIUM, FREE, METERED, REGISTRATION = Access.PREMIUM, Access.FREE, Access.METERED, Access.REGISTRATION

HIDDEN_TEMPLATE = (
    '<div class="modal" aria-hidden="true"><p>Subscribe to continue reading this article</p></div>'
    '<template><div class="paywall">Subscribe to continue reading</div></template>'
    '<div id="paywall" style="display: none"><p>This article is for subscribers only</p></div>'
)
RELATED = (
    '<section class="related"><article><h3><a href="/b">Gulls return</a></h3><span>For subscribers only</span>'
    "</article>"
    '<article><h3><a href="/c">A lock for the canal</a></h3><span>Subscribers only</span></article></section>'
)
CONSENT = (
    '<div class="cmp-wall"><p>Continue reading with ads and tracking, or subscribe to continue without: accept all '
    "cookies or choose our ad-free subscription.</p><button>Accept</button></div>"
)
SUBSTACK = (
    '<link rel="preconnect" href="https://substackcdn.com"><script>window._preloads = JSON.parse("{{'
    '\\"post\\":{{\\"audience\\":\\"{own}\\",\\"canonical_url\\":\\"https://paper.example.org/harbour/ferry-timetable\\"}},'
    '\\"others\\":[{{\\"audience\\":\\"{others}\\",\\"canonical_url\\":\\"https://paper.example.org/p/gulls\\"}}]}}")</script>'
)


CARDS = (
    '<div class="post-feed"><article class="post-card post post-access-paid"><h2>Gulls return</h2></article>'
    '<article class="post-card post"><h2>A lock for the canal</h2></article></div>'
)


def ghost(visibility: str) -> str:
    """A post as Ghost's own theme shows it to who may not read it."""
    kept = "paying subscribers" if visibility == "paid" else "subscribers"
    return (
        f'<article class="gh-article post post-access-{visibility}"><h1>{TITLE}</h1><section class="gh-content">'
        f'{paragraphs("en", 45)}<aside class="gh-post-upgrade-cta"><div class="gh-post-upgrade-cta-content">'
        f'<h2>This post is for {kept} only</h2><a class="gh-btn" href="#/portal/signup">Subscribe now</a>'
        "</div></aside></section></article>"
    )


def substack(own: str, others: str) -> str:
    return SUBSTACK.format(own=own, others=others)


DECLARED: tuple[Labelled, ...] = (
    # JSON-LD, locked.
    Labelled(
        name="flag and part",
        access=PREMIUM,
        declared=ld(article(isAccessibleForFree=False, hasPart=part(False))),
        words=90,
        gate=gate("Subscribe to continue reading"),
    ),
    Labelled(
        name="strings",
        access=PREMIUM,
        declared=ld(article(isAccessibleForFree="False", hasPart=[part("False", ".meteredContent")])),
        words=80,
        gate=gate("This article is for subscribers only", "regwall"),
    ),
    Labelled(
        name="address of schema.org",
        access=PREMIUM,
        declared=ld(article("ReportageNewsArticle", isAccessibleForFree="http://schema.org/False")),
        words=60,
        gate=gate("Subscribe now to read the full story"),
    ),
    Labelled(
        name="graph",
        access=PREMIUM,
        declared=ld(
            {
                "@context": "https://schema.org",
                "@graph": [
                    {"@type": "WebSite", "isAccessibleForFree": True},
                    {"@type": "WebPage", "@id": URL, "isAccessibleForFree": True},
                    article(isAccessibleForFree=False),
                ],
            }
        ),
        words=70,
        gate=gate("Unlock this article"),
    ),
    Labelled(
        name="true with a locked part",
        access=PREMIUM,
        declared=ld(article(isAccessibleForFree=True, hasPart=[part(True, ".lead"), part(False, ".rest")])),
    ),
    Labelled(
        name="parts only",
        access=PREMIUM,
        declared=ld(article(hasPart=part(False))),
        words=300,
        gate=gate("Subscribe to keep reading"),
    ),
    Labelled(
        name="product",
        access=PREMIUM,
        declared=ld(
            article(
                isAccessibleForFree=False,
                isPartOf={
                    "@type": ["CreativeWork", "Product"],
                    "name": "Paper+",
                    "productID": "paper.example.org:plus",
                },
            )
        ),
        language="de",
        words=60,
        gate=gate("Dieser Artikel ist exklusiv für Abonnenten"),
    ),
    Labelled(
        name="anonymous statement beside the article",
        access=PREMIUM,
        declared=ld(article()) + ld({"@type": "NewsArticle", "isAccessibleForFree": False, "hasPart": part(False)}),
        words=110,
    ),
    Labelled(
        name="zero",
        access=PREMIUM,
        declared=ld(article("BlogPosting", isAccessibleForFree=0)),
        language="fr",
        words=70,
        gate='<p class="article__status">Article réservé aux abonnés</p>',
    ),
    Labelled(
        name="main entity",
        access=PREMIUM,
        declared=ld({"@type": "WebPage", "mainEntity": article(isAccessibleForFree=False)}),
        language="fr",
        words=85,
        gate=gate("Il vous reste 75 % de cet article à lire."),
    ),
    Labelled(
        name="part by reference",
        access=PREMIUM,
        declared=ld(
            {"@graph": [article(isAccessibleForFree=True, hasPart={"@id": "#part"}), {"@id": "#part", **part(False)}]}
        ),
    ),
    Labelled(
        name="broken JSON",
        access=PREMIUM,
        declared='<script type="application/ld+json">{"@type": "NewsArticle", "headline": "the "new" ferry", '
        '"isAccessibleForFree": "False"}</script>',
        words=100,
    ),
    Labelled(
        name="trailing comma",
        access=PREMIUM,
        declared='<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false,}</script>',
    ),
    Labelled(
        name="others are free",
        access=PREMIUM,
        declared=ld(other(True), other(True, "canal"), article(isAccessibleForFree=False)),
        language="es",
        words=75,
        gate=gate("Contenido exclusivo para suscriptores"),
    ),
    # Things of others on pages that say nothing of themselves but by their paywalls.
    *(
        Labelled(
            name=f"a stranger is free: {name}",
            access=PREMIUM,
            declared=ld(*things),
            words=60,
            gate=gate("Subscribe to continue reading"),
        )
        for name, things in (
            ("a related article", (other(True),)),
            ("beside the article", (article(), other(True))),
            ("a teaser without an address", (article(), {**other(True), "url": None})),
            ("an address of this site", (article(), {**other(True), "url": "/gulls"})),
            ("the page it is of", ({**other(True), "url": None, "mainEntityOfPage": {"@id": "/gulls"}},)),
            ("a review", ({"@type": "Review", "name": "A reader's view", "isAccessibleForFree": True},)),
            ("a theme", ({"@type": "CreativeWork", "name": "Our theme", "isAccessibleForFree": True},)),
            ("nobody", (article(), {"@type": "CreativeWork", "isAccessibleForFree": True})),
        )
    ),
    Labelled(
        name="a related article is locked, this one free to Facebook",
        access=FREE,
        declared=ld(other(False)) + meta("article:content_tier", "free", "property"),
    ),
    Labelled(
        name="free by its headline alone",
        access=FREE,
        declared=ld({"@type": "NewsArticle", "headline": TITLE, "isAccessibleForFree": True}),
        words=70,
    ),
    Labelled(
        name="locked in JSON-LD, free to Facebook",
        access=PREMIUM,
        declared=ld(article(isAccessibleForFree=False)) + meta("article:content_tier", "free", "property"),
    ),
    Labelled(
        name="all of the text is there",
        access=PREMIUM,
        declared=ld(article(isAccessibleForFree=False, hasPart=part(False, ".story-body"))),
        words=600,
    ),
    # JSON-LD, free.
    Labelled(name="free", access=FREE, declared=ld(article(isAccessibleForFree=True))),
    Labelled(name="free as a string", access=FREE, declared=ld(article(isAccessibleForFree="True")), language="it"),
    Labelled(
        name="free short note among promotions",
        access=FREE,
        declared=ld(article(isAccessibleForFree=True)),
        words=70,
        beside=RELATED,
    ),
    Labelled(
        name="free with hidden paywalls",
        access=FREE,
        declared=ld(article(isAccessibleForFree=True)),
        words=80,
        beside=HIDDEN_TEMPLATE,
    ),
    Labelled(
        name="free, others locked",
        access=FREE,
        declared=ld(article(isAccessibleForFree=True), other(False), other("False", "canal")),
        beside=RELATED,
    ),
    Labelled(
        name="free, locked ones in a list",
        access=FREE,
        declared=ld(
            {"@graph": [article(isAccessibleForFree=True), {"@type": "ItemList", "itemListElement": [other(False)]}]}
        ),
    ),
    Labelled(
        name="free, related ones nested",
        access=FREE,
        declared=ld(article(isAccessibleForFree=True, hasPart=[other(False)], mentions=[other(False, "canal")])),
    ),
    Labelled(
        name="free, the paper itself is sold",
        access=FREE,
        declared=ld(
            article(
                isAccessibleForFree=True, publisher={"@type": "NewsMediaOrganization", "isAccessibleForFree": False}
            ),
            {"@type": "Product", "name": "Paper+", "isAccessibleForFree": False},
        ),
    ),
    Labelled(
        name="free behind a consent wall",
        access=FREE,
        declared=ld(article(isAccessibleForFree=True)),
        words=90,
        beside=CONSENT,
    ),
    Labelled(
        name="body of the class paywall",
        access=FREE,
        declared=ld(article(isAccessibleForFree=True)) + meta("article:content_tier", "free", "property"),
        beside='<div class="paywall-bar"></div><p class="paywall">One more paragraph.</p>',
        head='<script src="https://cdn.piano.io/api/tinypass.min.js"></script>' + meta("robots", "noarchive"),
    ),
    Labelled(
        name="free by JSON-LD, metered by Facebook's",
        access=FREE,
        declared=ld(article(isAccessibleForFree=True)) + meta("article:content_tier", "metered", "property"),
    ),
    Labelled(
        name="free live blog",
        access=FREE,
        declared=ld(
            article(
                "LiveBlogPosting", isAccessibleForFree=True, liveBlogUpdate=[{**other(False), "@type": "BlogPosting"}]
            )
        ),
    ),
    # Microdata.
    Labelled(
        name="microdata locked",
        access=PREMIUM,
        declared="",
        items='<div itemscope itemtype="https://schema.org/NewsArticle"><meta itemprop="isAccessibleForFree" '
        f'content="False"><link itemprop="mainEntityOfPage" href="{URL}"></div>',
    ),
    Labelled(
        name="microdata free, a product that is not",
        access=FREE,
        declared="",
        items='<div itemscope itemtype="https://schema.org/Article"><meta itemprop="isAccessibleForFree" '
        f'content="true"><meta itemprop="headline" content="{TITLE}"></div><div itemscope itemtype="https://schema.org/Product">'
        '<meta itemprop="isAccessibleForFree" content="false"></div>',
    ),
    # Tiers and metas.
    Labelled(
        name="locked tier",
        access=PREMIUM,
        declared=meta("article:content_tier", "locked", "property"),
        words=80,
        gate=gate("You need a subscription to read this story"),
    ),
    Labelled(name="locked tier by name", access=PREMIUM, declared=meta("article:content_tier", "Locked"), words=90),
    Labelled(
        name="tier twice prefixed",
        access=PREMIUM,
        declared=meta("og:article:content_tier", "locked", "property"),
        language="fr",
        words=90,
        gate=gate("La suite de cet article est réservée aux abonnés"),
    ),
    Labelled(name="metered tier", access=METERED, declared=meta("article:content_tier", "metered", "property")),
    Labelled(
        name="metered tier after the last free one",
        access=METERED,
        declared=meta("article:content_tier", "metered"),
        words=60,
        gate=gate("You have reached your limit of 5 free articles"),
    ),
    Labelled(name="free tier", access=FREE, declared=meta("article:content_tier", "free", "property"), words=90),
    Labelled(
        name="free tier among promotions",
        access=FREE,
        declared=meta("article:content_tier", "free"),
        beside=RELATED + HIDDEN_TEMPLATE,
    ),
    Labelled(name="paid access", access=PREMIUM, declared=meta("article.access", "paid"), words=70),
    Labelled(name="free access", access=FREE, declared=meta("article.access", "free")),
    Labelled(name="premium yes", access=PREMIUM, declared=meta("adv:premium", "true"), language="it", words=75),
    Labelled(name="premium no", access=FREE, declared=meta("adv:premium", "false"), language="it"),
    Labelled(name="paid 1", access=PREMIUM, declared=meta("k5a:paid", "1", "property"), language="sv", words=75),
    Labelled(name="paid 0", access=FREE, declared=meta("k5a:paid", "0", "property"), language="sv"),
    Labelled(
        name="custom field of an analytics service",
        access=PREMIUM,
        declared=meta("cXenseParse:ppr-access", "premium"),
        language="de",
        words=60,
        gate='<div class="c-offer"><p>Um diesen Artikel weiterzulesen, brauchen Sie ein Abo.</p></div>',
    ),
    Labelled(name="hard paywall", access=PREMIUM, declared=meta("paywall", "hard"), words=100),
    Labelled(name="no paywall", access=FREE, declared=meta("paywall", "none")),
    Labelled(name="access type", access=PREMIUM, declared=meta("access_type", "subscribers-only"), words=100),
    Labelled(name="registered readers", access=REGISTRATION, declared=meta("content_access", "registered"), words=90),
    # Substack and Ghost.
    Labelled(name="post for payers", access=PREMIUM, declared=substack("only_paid", "everyone"), words=140),
    Labelled(name="post for founders", access=PREMIUM, declared=substack("founding", "everyone"), words=140),
    Labelled(name="ghost, for payers", access=PREMIUM, declared="", items=ghost("paid"), words=0),
    Labelled(name="ghost, for members", access=REGISTRATION, declared="", items=ghost("members"), words=0),
    Labelled(name="ghost, for some tiers", access=PREMIUM, declared="", items=ghost("tiers"), words=0),
    Labelled(name="ghost, others for payers", access=FREE, declared=ld(article(isAccessibleForFree=True)), items=CARDS),
    Labelled(name="post for everyone", access=FREE, declared=substack("everyone", "only_paid")),
)
"""Pages whose papers declare the access."""

SILENT: tuple[Labelled, ...] = (
    Labelled(name="silent", access=FREE, declared=""),
    Labelled(name="silent and short", access=FREE, declared="", words=60),
    Labelled(name="silent among promotions", access=FREE, declared="", words=80, beside=RELATED),
    Labelled(name="silent with hidden paywalls", access=FREE, declared="", words=80, beside=HIDDEN_TEMPLATE),
    Labelled(name="silent behind a consent wall", access=FREE, declared="", words=80, beside=CONSENT),
    Labelled(
        name="a word about subscribers in the text",
        access=FREE,
        declared="",
        gate="<p>The operator says that the new boat is for subscribers only, and that nobody else may board.</p>",
    ),
    Labelled(
        name="an invitation to comment",
        access=FREE,
        declared="",
        words=90,
        beside="<div class='discussion'><p>Comments are for subscribers only. Subscribe to comment.</p></div>",
    ),
    Labelled(
        name="an invitation to a newsletter",
        access=FREE,
        declared="",
        words=90,
        beside="<div class='box'><p>Subscribe to continue receiving our newsletter every morning.</p></div>",
    ),
    Labelled(
        name="no subscription required",
        access=FREE,
        declared="",
        words=90,
        gate="<p>Tickets are sold on board, no subscription required.</p>",
    ),
    Labelled(name="junk for a tier", access=FREE, declared=meta("article:content_tier", "premium"), words=90),
    Labelled(
        name="the page is locked, says the site",
        access=FREE,
        declared=ld(
            {"@type": "WebSite", "isAccessibleForFree": False}, {"@type": "WebPage", "isAccessibleForFree": False}
        ),
    ),
    Labelled(
        name="polish teaser",
        access=PREMIUM,
        declared="",
        language="pl",
        words=60,
        gate=gate("Artykuł dostępny tylko dla prenumeratorów"),
    ),
    Labelled(
        name="czech teaser",
        access=PREMIUM,
        declared="",
        language="cs",
        words=60,
        gate=gate("Tento článek je pouze pro předplatitele"),
    ),
    Labelled(
        name="dutch teaser",
        access=PREMIUM,
        declared="",
        language="nl",
        words=60,
        gate=gate("Dit artikel is exclusief voor abonnees"),
    ),
    Labelled(
        name="swedish teaser",
        access=PREMIUM,
        declared="",
        language="sv",
        words=60,
        gate=gate("Läs vidare – bli prenumerant"),
    ),
    Labelled(
        name="portuguese teaser",
        access=PREMIUM,
        declared="",
        language="pt",
        words=60,
        gate=gate("Conteúdo exclusivo para assinantes"),
    ),
    Labelled(
        name="russian teaser",
        access=PREMIUM,
        declared="",
        language="ru",
        words=60,
        gate=gate("Материал доступен только по подписке"),
    ),
    Labelled(
        name="belarusian teaser",
        access=PREMIUM,
        declared="",
        language="be",
        words=60,
        gate=gate("Матэрыял даступны толькі для падпісчыкаў"),
    ),
    Labelled(
        name="ukrainian teaser",
        access=PREMIUM,
        declared="",
        language="uk",
        words=60,
        gate=gate("Доступно лише за передплатою"),
    ),
    Labelled(
        name="italian teaser",
        access=PREMIUM,
        declared="",
        language="it",
        words=60,
        gate=gate("Contenuto riservato agli abbonati"),
    ),
    Labelled(
        name="german teaser",
        access=PREMIUM,
        declared="",
        language="de",
        words=60,
        gate=gate("Testen und weiterlesen"),
    ),
)
"""Pages whose papers declare nothing: what is locked can be suspected, what is free cannot be known."""
