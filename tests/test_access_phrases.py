"""What paywalls say, and what only sounds like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Access
from feeds.access.phrases import has_phrase, phrases, plain

PAID = """\
Subscribe to continue reading
Subscribe now to read the full article
This article is for subscribers only.
This post is for paid subscribers
This story is available exclusively to our digital subscribers.
Subscription required
You need a subscription to read this
Keep reading with a digital subscription
Member-only story
Become a paid member to unlock
To continue reading, choose a plan
Unlock this article
You’ve reached your limit of 3 free articles
Nur für Abonnenten
Dieser Artikel ist exklusiv für unsere Abonnenten
Um diesen Artikel weiterzulesen, brauchen Sie ein Abo
Testen und weiterlesen
Weiterlesen mit Hafen+
Kostenpflichtiger Inhalt
Article réservé aux abonnés
Il vous reste 82.5 % de cet article à lire.
La suite est réservée aux abonnés
Abonnez-vous pour lire la suite
Solo para suscriptores
Contenido exclusivo para suscriptores
Suscríbete para seguir leyendo
Para seguir leyendo, hazte suscriptor
Riservato agli abbonati
Abbonati per continuare a leggere
Alleen voor abonnees
Word abonnee en lees verder
Kun for abonnenter
Denne saken er for abonnenter
Endast för prenumeranter
Bli prenumerant och läs vidare
Vain tilaajille
Tylko dla prenumeratorów
Kup prenumeratę, aby czytać dalej
Pozostało 85% tekstu
Pouze pro předplatitele
Odemkněte si celý článek
Len pre predplatiteľov
Exclusivo para assinantes
Assine para continuar lendo
Только для подписчиков
Материал доступен по подписке
Оформите подписку, чтобы читать дальше
Подпишитесь, чтобы дочитать
Толькі для падпісчыкаў
Матэрыял даступны толькі для падпісчыкаў
Даступна толькі па падпісцы
Падпішыцеся, каб чытаць далей
Лише для передплатників
Доступно за передплатою
Оформіть передплату, щоб читати далі
Тільки для підписників
Підпишіться, щоб читати
Csak előfizetőknek
Tik prenumeratoriams
Doar pentru abonați
Sadece aboneler
למנויים בלבד
有料会員限定
유료 회원
订阅后继续阅读""".splitlines()

NOTHING = """\
Subscribe
Subscribe now
Subscribe to our newsletter to continue receiving the news
Already a subscriber? Log in
No subscription required
Free for everyone
Abonnieren
Jetzt abonnieren
Mit Werbung weiterlesen
Continue reading with ads and tracking, or subscribe to continue without
Accept all cookies or subscribe to continue reading
S'abonner
Suscríbete
Abbonati ora
Word abonnee
Prenumerera
Kup prenumeratę
Předplatné
Assine já
Оформите подписку
Подпишитесь на рассылку, чтобы читать нас
Аформіце падпіску
Передплата
Comments are for subscribers only
Members of the council only story the building""".splitlines()


@pytest.mark.parametrize("text", PAID)
def test_words_of_paywalls(text: str) -> None:
    around = plain(f"The ferry leaves an hour later.\n{text}\nThe Paper")
    assert has_phrase(around)
    (first, *_) = phrases(around)
    assert first.level is Access.PREMIUM
    assert first.text in around


@pytest.mark.parametrize("text", NOTHING)
def test_words_that_are_on_every_page(text: str) -> None:
    assert list(phrases(plain(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Register for free to continue reading",
        "Create a free account to keep reading",
        "Kostenlos registrieren und weiterlesen",
        "Créez un compte gratuit pour lire cet article",
        "Regístrate gratis para seguir leyendo",
        "Registrati per continuare",
        "Зарегистрируйтесь, чтобы читать дальше",
    ],
)
def test_words_of_registration(text: str) -> None:
    assert Access.REGISTRATION in {phrase.level for phrase in phrases(plain(text))}


def test_each_phrase_once() -> None:
    assert len(list(phrases(plain("Unlock this article. " * 50)))) == 1


@given(st.text())
def test_a_phrase_is_of_the_text(text: str) -> None:
    assert all(phrase.text in plain(text) for phrase in phrases(plain(text)))


def test_a_text_of_nothing_but_stems_is_searched_in_linear_time() -> None:
    assert not has_phrase("subscri " * 50_000 + "abonnent " * 50_000)
