"""Words in which paywalls speak, in the languages of the papers that have them.

A phrase says that this text goes on for those who pay; an invitation to subscribe, which is on every page, says
nothing. Each is looked for around a stem that is rare enough, so that a page is searched in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from db.records import Access

AROUND = 110
"""Characters before and after a stem within which its phrase stands."""

MAX_PLACES = 300
"""Places of one stem that are looked at."""

_SUBSCRIBERS = {
    "subscri": (
        r"subscribe(?: now| today)?,? (?:to|and) (?:continue|keep|finish|unlock|resume)"
        r"|subscribe(?: now| today)? (?:to|and) (?:read|access|view|see)(?: all of| more of)? (?:the|this|our)? ?"
        r"(?:full|whole|entire|complete|rest|article|story|post|premium|column)"
        r"|(?:article|story|content|post|page|report|episode|column|analysis|piece|section|issue)s? (?:(?:is|are|only"
        r"|exclusively|exclusive|reserved|available|just) ){0,4}(?:to|for)(?: our| all| paid| paying| premium| digital"
        r"| registered| current| print){0,3} (?:subscribers|members)"
        r"|(?:available|exclusive|exclusively|reserved)(?: only| exclusively)? (?:to|for)(?: our| paid| paying| premium"
        r"| digital){0,2} subscribers"
        r"|for (?:paid|paying) subscribers|for subscribers only|subscribers[ -]only|subscriber[ -](?:only|exclusive)"
        r"|(?<!no )(?<!without )subscription (?:is )?required"
        r"|(?:requires|need|have) an? (?:active |paid |digital )?subscription to (?:read|access|view|continue)"
        r"|(?:continue|keep|finish) reading[^.?!]{0,40}subscri|subscribe for full access|subscribers can read"
    ),
    "member": (
        r"members?[ -]only (?:story|article|content|post)|(?:article|story|content|post) is (?:only )?(?:available )?"
        r"(?:to|for) (?:paid |paying |premium )?members"
        r"|become a (?:paid |paying |premium )?member to (?:read|continue|unlock|access|keep)"
    ),
    "reading": (
        r"to (?:continue|keep|finish) reading(?: this (?:article|story|post))?,? ?(?:please )?"
        r"(?:subscribe|start|choose|become|upgrade|buy|get)|keep reading (?:with|for) (?:a |just |only )"
        r"|continue reading(?: this (?:article|story|post))? (?:with|for) (?:a |just |only |your )"
    ),
    "unlock": r"unlock (?:this|the full|the rest of this|the whole) (?:article|story|post|column)",
    "free article": (
        r"(?:reached|used|read|exhausted) (?:up )?(?:your|all your|the|all of your|all) (?:(?:monthly|weekly|limit of"
        r"|maximum|number of|last|\d{1,2}|limit for|allotted|complimentary) ){0,4}free articles?"
    ),
    "abonn": (
        r"(?:nur|exklusiv|ausschlie(?:ß|ss)lich|lediglich) (?:für|unseren|f\+)[^.?!]{0,25}abonnent"
        r"|(?:artikel|inhalt|beitrag|text)[^.?!]{0,30} (?:für|unseren) [^.?!]{0,20}abonnent"
        r"|um [^.?!]{0,30}weiterzulesen|abonn[^.?!]{0,40}weiterlesen|(?:weiterlesen|weiterzulesen)[^.?!]{0,50}abonn"
        r"|mit (?:einem |ihrem )?[^.?!]{0,20}abonnement (?:lesen|weiterlesen)"
        r"|réservée?s? (?:à|aux) (?:nos |seuls )?abonné|(?:contenu|article)s? (?:pour les )?abonnés?\b"
        r"|abonnez-vous (?:pour|afin de|et) (?:lire|continuer|poursuivre|accéder|débloquer|découvrir)"
        r"|(?:lire|lecture)[^.?!]{0,40}(?:est réservée|abonnez-vous)|exclusivement (?:aux|pour nos) abonné"
        r"|(?:alleen|exclusief|enkel)(?: toegankelijk| beschikbaar)? voor (?:onze )?abonnee"
        r"|(?:word|neem een) abonn[^.?!]{0,30}(?:lezen|lees)|(?:lees|lezen)[^.?!]{0,40}(?:met een|word) abonn"
        r"|(?:kun|bare|forbeholdt|forbeholdt våre|eksklusivt)(?: tilgjengelig| tilgængelig)? ?(?:for)? (?:våre |vores )?abonnente?r"
        r"|(?:denne|dette) (?:saken|artikkelen|artiklen|artikel) er (?:kun )?for abonnente?r"
        r"|bliv? abonnent (?:for|og) [^.?!]{0,12}(?:lese|læs)|doar pentru abona|tik prenumeratoriams"
    ),
    "weiterlesen": r"(?:jetzt|testen und|registrieren und|plus) weiterlesen|weiterlesen mit [^.?!]{0,20}(?:\+|plus|abo)",
    "kostenpflichtig": r"(?:artikel|inhalt|beitrag)(?: ist)? kostenpflichtig|kostenpflichtiger (?:artikel|inhalt|beitrag)",
    "de cet article": r"il vous reste \d{1,2}(?:[.,]\d{1,2})? ?% de cet article|débloque[rz] [^.?!]{0,12}de cet article",
    "est réservé": r"(?:la suite|cet article|ce contenu|la lecture)[^.?!]{0,25} est réservée?",
    "suscri": (
        r"(?:solo|sólo|exclusiv[oa]s?|reservad[oa]s?|únicamente) (?:para|a) (?:nuestros |los )?suscriptor"
        r"|(?:contenido|artículo|noticia)s? (?:exclusiv[oa]s? )?(?:para|de) suscriptor"
        r"|suscr[ií]b(?:e|a|i)(?:te|se) (?:para|y) (?:seguir|continuar|leer|acceder|sigue)"
        r"|(?:seguir|continuar) leyendo[^.?!]{0,40}suscr"
    ),
    "leyendo": r"para (?:seguir|continuar) leyendo,? ?(?:hazte|suscr|identif|accede|necesitas)",
    "abbonat": (
        r"(?:riservat[oaie]|esclusiv[oaie]|solo|soltanto)(?: solo)? (?:agli|per gli|per|ai(?: soli| nostri)?) abbonat"
        r"|abbonati (?:per|e) (?:continua|legg|prosegu|accede|sblocca)|(?:contenuto|articolo)[^.?!]{0,20} abbonati"
        r"|(?:continuare a leggere|leggere l'articolo)[^.?!]{0,30}abbonat"
    ),
    "prenumer": (
        r"(?:tylko|wyłącznie|jedynie) dla (?:naszych )?prenumerator|(?:artykuł|treść|tekst|materiał)[^.?!]{0,25} dla "
        r"(?:naszych )?prenumerator|(?:kup|wykup|zamów)[^.?!]{0,12} prenumeratę,? (?:i|aby|by|żeby) "
        r"|prenumerat[^.?!]{0,25}(?:czytaj dalej|czytać dalej)|(?:czytaj|czytać) dalej[^.?!]{0,25}prenumer"
        r"|(?:endast|bara|exklusivt|enbart) för (?:våra )?prenumeranter|(?:bli|som är) prenumerant[^.?!]{0,25}läs"
        r"|för dig som (?:är )?prenumer|prenumerera för att (?:läsa|fortsätta)|läs(?:a)? vidare[^.?!]{0,30}prenumer"
    ),
    "subskry": r"(?:tylko|wyłącznie) dla subskrybent|subskryb[^.?!]{0,25}(?:czytać|czytaj) dalej|dostępn[aey] w subskrypcji",
    "pozostało": r"pozostało \d{1,2} ?% (?:tekstu|treści|artykułu)",
    "předpl": (
        r"(?:pouze|jen|výhradně|exkluzivně) pro (?:naše )?předplatitel|(?:článek|obsah|text)[^.?!]{0,20} pro předplatitel"
        r"|předplaťte si[^.?!]{0,40}(?:číst|čtení|článek)|(?:číst|čtení)[^.?!]{0,30}předpl"
    ),
    "odemkn": r"odemkn[ěeou][^.?!]{0,12} (?:tento |celý )?článek",
    "predpl": r"(?:len|iba|exkluzívne) pre (?:našich )?predplatiteľ",
    "assinant": (
        r"(?:exclusiv[oa]s?|só|somente|apenas|restrit[oa]s?|reservad[oa]s?) (?:para|a|aos) (?:os )?(?:nossos )?assinante"
        r"|(?:conteúdo|matéria|artigo|texto)[^.?!]{0,20} para assinante"
    ),
    "assine": r"assine (?:para|e) (?:continu|ler|leia|ter acesso|acess)|continuar lendo[^.?!]{0,20}assine",
    "подпис": (
        r"(?:только|исключительно)(?: для)?(?: наших| платных)? подписчик|(?:доступ\w{0,4}|материал|статья|текст|версия)"
        r"[^.?!]{0,30}(?:для|только) (?:наших |платных )?подписчик|доступ\w{0,3} (?:только |лишь )?по подписке"
        r"|(?:оформите|оформить|купите|приобретите) (?:платную )?подписку,? (?:чтобы|и чита)"
        r"|подпишитесь,? чтобы (?:чита|прочита|продолж|дочита)|(?:чита|прочита|дочита)\w{0,3} [^.?!]{0,25}по подписке"
        r"|(?:продолжить чтение|читать (?:дальше|далее|полностью)|дочитать)[^.?!]{0,40}(?:подпишитесь|подписк)"
    ),
    "падпіс": (
        r"(?:толькі|выключна|даступ\w{0,4})(?: для)?(?: нашых| платных)? падпісчык|матэрыял[^.?!]{0,25} падпісчык"
        r"|даступ\w{0,3} (?:толькі )?па падпісцы|(?:аформіце|аформіць|купіце) падпіску,? (?:каб|і чыта)"
        r"|падпішыцеся,? каб (?:чыта|прачыта|працяг)"
    ),
    "передплат": (
        r"(?:тільки|лише|виключно)(?: для)?(?: наших)? передплатник|(?:доступ\w{0,4}|матеріал|стаття|текст)[^.?!]{0,25}"
        r" передплатник|доступ\w{0,3} (?:тільки |лише )?за передплатою|(?:оформіть|оформити|купіть) передплату,? (?:щоб|і чита)"
        r"|передплат\w{0,3},? щоб (?:чита|прочита|продовж)"
    ),
    "підпис": (
        r"(?:тільки|лише|виключно)(?: для)?(?: наших| платних)? підписник|доступ\w{0,3} (?:тільки |лише )?за підпискою"
        r"|(?:оформіть|оформити) підписку,? щоб|підпишіться,? щоб (?:чита|прочита|продовж)"
    ),
    "tilaaj": r"(?:vain|ainoastaan) (?:tilaajille|tilaajien)|(?:artikkeli|juttu|sisältö) on (?:vain )?tilaajille|tilaajille\b",
    "előfizet": r"(?:csak|kizárólag) (?:az |a )?(?:\w{1,20} )?előfizető|előfizetőink",
    "abone": r"(?:sadece|yalnızca) aboneler|abonelere özel",
    "会員": r"有料会員(?:限定|の方|に登録)|会員限定|続きを読むには",
    "유료": r"유료\s?(?:회원|구독자|기사)",
    "订阅": r"订阅(?:后|以)(?:继续|阅读)",
    "למנויים": r"למנויים בלבד|(?:הכתבה|התוכן) למנויים",
}
_MEMBERS = {
    "regist": (
        r"register (?:for free |now |free )?(?:to|and) (?:continue|keep|read|unlock|access)"
        r"|(?:kostenlos|jetzt) registrieren,? (?:und|um) (?:weiter|den artikel)"
        r"|reg[ií]strate (?:gratis )?(?:para|y) (?:seguir|continuar|leer|sigue)|registrati (?:gratis )?(?:per|e) (?:continua|legg)"
    ),
    "free account": r"(?:create|sign up for|with) (?:a|your) free account (?:to|and) (?:continue|keep|read|unlock)",
    "créez": r"créez (?:un|votre) compte (?:gratuit(?:ement)? )?(?:pour|et) (?:lire|continuer|poursuivre|accéder)",
    "зарегистр": r"зарегистрируйтесь,? чтобы (?:чита|прочита|продолж|дочита)",
}

_NOT_HERE = re.compile(
    r"newsletter|cookie|consent|einwillig|zustimm|akzept|accept|tracking|werbefrei|mit werbung|ad-free|with ads|publicité"
    r"|publicidad|pubblicità|reklam|podcast|comment|kommentar|рассылк|whatsapp|youtube|telegram"
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
    for stem, (pattern, level) in _BY_STEM.items():
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


_BY_STEM = {
    **{stem: (re.compile(pattern), Access.PREMIUM) for stem, pattern in _SUBSCRIBERS.items()},
    **{stem: (re.compile(pattern), Access.REGISTRATION) for stem, pattern in _MEMBERS.items()},
}
