"""Words in which paywalls speak, in the languages of the papers that have them.

A phrase says that this text goes on for those who pay; an invitation to subscribe, which is on every page, says
nothing. Each is looked for around a stem that is rare enough, so that a page is searched in linear time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from db.records import Access

AROUND = 110
"""Characters before and after a stem within which its phrase stands."""

MAX_PLACES = 300
"""Places of one stem that are looked at."""

_PAID: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "subscri": (
            r"subscribe(?: now| today)?,? (?:to|and) (?:continue|keep|finish|unlock|resume)",
            r"subscribe(?: now| today)? (?:to|and) (?:read|access|view|see)(?: all of| more of)? (?:the|this|our)? ?"
            r"(?:full|whole|entire|complete|rest|article|story|post|premium|column)",
            r"(?:article|story|content|post|page|report|episode|column|analysis|piece|section|issue)s?"
            r"(?: (?:is|are|only|exclusively|exclusive|reserved|available|just)){0,4} (?:to|for)"
            r"(?: our| all| paid| paying| premium| digital| registered| current| print){0,3} (?:subscribers|members)",
            r"(?:available|exclusive|exclusively|reserved)(?: only| exclusively)? (?:to|for)"
            r"(?: our| paid| paying| premium| digital){0,2} subscribers",
            r"for (?:paid|paying) subscribers",
            r"(?:for )?subscribers only",
            r"subscribers?[ -](?:only|exclusive)",
            r"(?<!no )(?<!without )subscription (?:is )?required",
            r"(?:requires|need|have) an? (?:active |paid |digital )?subscription to (?:read|access|view|continue)",
            r"(?:continue|keep|finish) reading[^.?!]{0,40}subscri",
            r"subscribe for full access",
            r"already an? (?:paid |digital )?subscriber\? ?(?:sign|log) in to (?:continue|keep|read|finish)",
        ),
        "member": (
            r"members?[ -]only (?:story|article|content|post)",
            r"(?:article|story|content|post) is (?:only )?(?:available )?(?:to|for) (?:paid |paying |premium )?members",
            r"become a (?:paid |paying |premium )?member to (?:read|continue|unlock|access|keep)",
        ),
        "reading": (
            r"to (?:continue|keep|finish) reading(?: this (?:article|story|post))?,? ?(?:please )?"
            r"(?:subscribe|start|choose|become|upgrade|buy|get)",
            r"keep reading (?:with|for) (?:a |just |only )",
            r"continue reading(?: this (?:article|story|post))? (?:with|for) (?:a |just |only |your )",
        ),
        "unlock": (r"unlock (?:this|the full|the rest of this|the whole) (?:article|story|post|column)",),
        "free article": (
            r"(?:reached|used|read|exhausted) (?:up )?(?:your|all your|the|all of your|all)"
            r"(?: (?:monthly|weekly|limit of|maximum|number of|last|\d{1,2}|limit for|allotted)){0,4} free articles?",
        ),
    },
    "de": {
        "abonnent": (
            r"(?:nur|exklusiv|ausschlie(?:ß|ss)lich|lediglich) (?:für|unseren)[^.?!]{0,25}abonnent",
            r"(?:artikel|inhalt|beitrag|text)[^.?!]{0,30} (?:für|unseren) [^.?!]{0,20}abonnent",
        ),
        "weiterzulesen": (r"um [^.?!]{0,40}weiterzulesen", r"weiterzulesen[^.?!]{0,50}abo"),
        "weiterlesen": (
            r"(?:jetzt|testen und|registrieren und|abonnieren und) weiterlesen",
            r"weiterlesen mit [^.?!]{0,20}(?:\+|plus|abo)",
            r"abo(?:nn|\b)[^.?!]{0,40}weiterlesen",
            r"weiterlesen[^.?!]{0,50}abo(?:nn|\b)",
            r"mit [^.?! ]{0,12}\+ weiterlesen",
        ),
        "kostenpflichtig": (
            r"(?:artikel|inhalt|beitrag)(?: ist)? kostenpflichtig",
            r"kostenpflichtige[rn]? (?:artikel|inhalt|beitrag)",
        ),
    },
    "fr": {
        "abonn": (
            r"réservée?s? (?:à|aux) (?:nos |seuls )?abonné",
            r"(?:contenu|article)s? (?:pour les )?abonnés?\b",
            r"abonnez-vous (?:pour|afin de|et) (?:lire|continuer|poursuivre|accéder|débloquer|découvrir)",
            r"(?:lire|lecture)[^.?!]{0,40}abonnez-vous",
            r"exclusivement (?:aux|pour nos) abonné",
        ),
        "de cet article": (r"il vous reste \d{1,2}(?:[.,]\d{1,2})? ?% de cet article",),
        "est réservé": (r"(?:la suite|cet article|ce contenu|la lecture)[^.?!]{0,25} est réservée?",),
    },
    "es": {
        "suscri": (
            r"(?:solo|sólo|exclusiv[oa]s?|reservad[oa]s?|únicamente) (?:para|a) (?:nuestros |los )?suscriptor",
            r"(?:contenido|artículo|noticia)s? (?:exclusiv[oa]s? )?(?:para|de) suscriptor",
            r"(?:seguir|continuar) leyendo[^.?!]{0,40}suscri",
            r"suscribirse para (?:seguir|continuar|leer|acceder)",
        ),
        "suscrí": (r"suscríb(?:ete|ase) (?:para|y) (?:seguir|continuar|leer|acceder|sigue)",),
        "leyendo": (r"para (?:seguir|continuar) leyendo,? ?(?:hazte|suscr|identif|accede|necesitas)",),
    },
    "it": {
        "abbonat": (
            r"(?:riservat[oaie]|esclusiv[oaie]|solo|soltanto) (?:agli|per gli|per|ai soli|ai nostri) abbonat",
            r"abbonati (?:per|e) (?:continua|legg|prosegu|accede|sblocca)",
            r"(?:contenuto|articolo)[^.?!]{0,20} abbonati",
            r"(?:continuare a leggere|leggere l'articolo)[^.?!]{0,30}abbonat",
        ),
    },
    "nl": {
        "abonn": (
            r"(?:alleen|exclusief|enkel)(?: toegankelijk| beschikbaar)? voor (?:onze )?abonnee",
            r"(?:word|neem een) abonn[^.?!]{0,30}(?:lezen|lees)",
            r"(?:lees|lezen)[^.?!]{0,40}(?:met een|word) abonn",
        ),
    },
    "da no": {
        "abonnent": (
            r"(?:kun|bare|forbeholdt|eksklusivt)(?: tilgjengelig| tilgængelig)?(?: for)? (?:våre |vores )?abonnent",
            r"(?:denne|dette) (?:saken|artikkelen|artiklen|artikel) er (?:kun )?for abonnent",
            r"bli(?:v)? abonnent (?:for|og) [^.?!]{0,12}(?:lese|læs)",
        ),
    },
    "sv": {
        "prenumer": (
            r"(?:endast|bara|exklusivt|enbart) för (?:våra )?prenumeranter",
            r"(?:bli|som är) prenumerant[^.?!]{0,25}läs",
            r"för dig som (?:är )?prenumer",
            r"prenumerera för att (?:läsa|fortsätta)",
            r"läsa? vidare[^.?!]{0,30}prenumer",
        ),
    },
    "fi": {"tilaaj": (r"(?:vain|ainoastaan) tilaaj", r"(?:artikkeli|juttu|sisältö) on (?:vain )?tilaajille")},
    "pl": {
        "prenumer": (
            r"(?:tylko|wyłącznie|jedynie) dla (?:naszych )?prenumerator",
            r"(?:artykuł|treść|tekst|materiał)[^.?!]{0,25} dla (?:naszych )?prenumerator",
            r"(?:kup|wykup|zamów)[^.?!]{0,12} prenumeratę,? (?:i|aby|by|żeby) ",
            r"prenumerat[^.?!]{0,25}(?:czytaj dalej|czytać dalej)",
            r"(?:czytaj|czytać) dalej[^.?!]{0,25}prenumer",
        ),
        "subskry": (
            r"(?:tylko|wyłącznie) dla subskrybent",
            r"subskryb[^.?!]{0,25}(?:czytać|czytaj) dalej",
            r"dostępn[aey] w subskrypcji",
        ),
        "pozostało": (r"pozostało \d{1,2} ?% (?:tekstu|treści|artykułu)",),
    },
    "cs sk": {
        "předpl": (
            r"(?:pouze|jen|výhradně|exkluzivně) pro (?:naše )?předplatitel",
            r"(?:článek|obsah|text)[^.?!]{0,20} pro předplatitel",
            r"předplaťte si[^.?!]{0,40}(?:číst|čtení|článek)",
            r"(?:číst|čtení)[^.?!]{0,30}předpl",
        ),
        "odemkn": (r"odemkn[ěeou][^.?!]{0,12} (?:tento |celý )?článek",),
        "predpl": (r"(?:len|iba|exkluzívne) pre (?:našich )?predplatiteľ",),
    },
    "pt": {
        "assinant": (
            r"(?:exclusiv[oa]s?|só|somente|apenas|restrit[oa]s?|reservad[oa]s?) (?:para|a|aos) (?:\w{2,6} )?assinante",
            r"(?:conteúdo|matéria|artigo|texto)[^.?!]{0,20} para assinante",
        ),
        "assine": (
            r"assine (?:para|e) (?:continu|ler|leia|ter acesso|acess)",
            r"continuar lendo[^.?!]{0,20}assine",
        ),
    },
    "ru": {
        "подпис": (
            r"(?:только|исключительно)(?: для)?(?: наших| платных)? подписчик",
            r"(?:доступ\w{0,4}|материал|статья|текст|версия)[^.?!]{0,30}(?:для|только) (?:наших |платных )?подписчик",
            r"доступ\w{0,3} (?:только |лишь )?по подписке",
            r"(?:оформите|оформить|купите|приобретите) (?:платную )?подписку,? (?:чтобы|и чита)",
            r"(?:чита|прочита|дочита)\w{0,3} [^.?!]{0,25}по подписке",
            r"(?:продолжить чтение|читать (?:дальше|далее|полностью)|дочитать)[^.?!]{0,40}подписк",
        ),
        "подпиш": (
            r"подпишитесь,? чтобы (?:чита|прочита|продолж|дочита)",
            r"(?:продолжить чтение|читать (?:дальше|далее|полностью)|дочитать)[^.?!]{0,40}подпишитесь",
        ),
    },
    "be": {
        "падпіс": (
            r"(?:толькі|выключна|даступ\w{0,4})(?: толькі)?(?: для)?(?: нашых| платных)? падпісчык",
            r"(?:матэрыял|артыкул|тэкст)[^.?!]{0,30} (?:для|толькі) падпісчык",
            r"(?:аформіце|аформіць|купіце) падпіску,? (?:каб|і чыта)",
            r"каб (?:чытаць|дачытаць)[^.?!]{0,20},? аформіце падпіску",
        ),
        "падпісц": (r"даступ\w{0,3} (?:толькі )?па падпісцы",),
        "падпіш": (r"падпішыцеся,? каб (?:чыта|прачыта|працяг)",),
    },
    "uk": {
        "передплат": (
            r"(?:тільки|лише|виключно)(?: для)?(?: наших)? передплатник",
            r"(?:доступ\w{0,4}|матеріал|стаття|текст)[^.?!]{0,25} передплатник",
            r"доступ\w{0,3} (?:тільки |лише )?за передплатою",
            r"(?:оформіть|оформити|купіть) передплату,? (?:щоб|і чита)",
            r"щоб (?:читати|дочитати)[^.?!]{0,20},? оформіть передплату",
        ),
        "підпис": (
            r"(?:тільки|лише|виключно)(?: для)?(?: наших| платних)? підписник",
            r"доступ\w{0,3} (?:тільки |лише )?за підпискою",
            r"(?:оформіть|оформити) підписку,? щоб",
        ),
        "підпиш": (r"підпишіться,? щоб (?:чита|прочита|продовж)",),
    },
    "hu": {"előfizet": (r"(?:csak|kizárólag) (?:az |a )?(?:\w{1,20} )?előfizető",)},
    "lt": {"prenumeratoriams": (r"tik (?:\w{1,20} )?prenumeratoriams",)},
    "ro": {"abona": (r"doar pentru abona[țt]i",)},
    "tr": {"abone": (r"(?:sadece|yalnızca) aboneler", r"abonelere özel")},
    "he": {"למנויים": (r"למנויים בלבד",)},
    "ja": {"会員": (r"(?:有料)?会員(?:限定|の方のみ)",)},
    "ko": {"유료": (r"유료\s?(?:회원|구독자|기사)",)},
    "zh": {
        "订阅": (r"订阅(?:后|以|，)?(?:即可)?(?:继续|阅读)", r"(?:仅限|只限|专供)订阅"),
        "付费": (r"付费(?:阅读|会员)(?:内容|文章|专享)?",),
    },
}
"""Language -> stem -> what stands around it where a text goes on for those who pay."""

_MEMBERS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "regist": (r"register (?:for free |now |free )?(?:to|and) (?:continue|keep|read|unlock|access)",),
        "free account": (
            r"(?:create|sign up for|with) (?:a|your) free account (?:to|and) (?:continue|keep|read|unlock)",
        ),
    },
    "de": {"registrieren": (r"(?:kostenlos|jetzt) registrieren,? (?:und|um) (?:weiter|den artikel)",)},
    "es": {"regístrate": (r"regístrate (?:gratis )?(?:para|y) (?:seguir|continuar|leer|sigue)",)},
    "fr": {"créez": (r"créez (?:un|votre) compte (?:gratuit(?:ement)? )?(?:pour|et) (?:lire|continuer|accéder)",)},
    "it": {"registrati": (r"registrati (?:gratis )?(?:per|e) (?:continua|legg)",)},
    "ru": {"зарегистр": (r"зарегистрируйтесь,? чтобы (?:чита|прочита|продолж|дочита)",)},
}
"""The same for those who have an account."""

_NOT_HERE = re.compile(
    r"newsletter|cookie|consent|einwillig|zustimm|akzept|accept|tracking|werbefrei|mit werbung|ad-free|with ads"
    r"|publicité|publicidad|pubblicità|reklam|podcast|comment|kommentar|рассылк|whatsapp|youtube|telegram"
)
"""What such words are about instead: letters, consent walls ("accept or subscribe"), the right to comment."""


class Phrase(NamedTuple):
    """What was found, and whom the text is kept for."""

    text: str
    level: Access


def phrases(text: str) -> Iterator[Phrase]:
    """The phrases in `text` (see `plain`), by stem and then by place, each once."""
    seen = set()
    for phrase, window in _found(text):
        if phrase.text not in seen and _NOT_HERE.search(window) is None:
            seen.add(phrase.text)
            yield phrase


def has_phrase(text: str) -> bool:
    """Whether `text` (see `plain`) holds any of them, wherever and whatever it is about."""
    return next(_found(text), None) is not None


def _found(text: str) -> Iterator[tuple[Phrase, str]]:
    """Each phrase and the text around it."""
    for stem, pattern, level in _BY_STEM:
        start = -1
        for _ in range(MAX_PLACES):
            start = text.find(stem, start + 1)
            if start < 0:
                break
            left = max(start - AROUND, 0)
            window = text[left : start + AROUND]
            if (said := pattern.search(window)) is not None:
                yield Phrase(said[0], level), window


def plain(text: str) -> str:
    """`text` as phrases are looked for in it: one line, lower case, straight apostrophes."""
    return " ".join(text.lower().replace("’", "'").split())


def _by_stem(languages: dict[str, dict[str, tuple[str, ...]]]) -> dict[str, re.Pattern[str]]:
    """One pattern for each stem: several languages share some."""
    patterns: dict[str, list[str]] = defaultdict(list)
    for stems in languages.values():
        for stem, said in stems.items():
            patterns[stem] += said
    return {stem: re.compile("|".join(said)) for stem, said in patterns.items()}


_BY_STEM = [
    *((stem, pattern, Access.PREMIUM) for stem, pattern in _by_stem(_PAID).items()),
    *((stem, pattern, Access.REGISTRATION) for stem, pattern in _by_stem(_MEMBERS).items()),
]
