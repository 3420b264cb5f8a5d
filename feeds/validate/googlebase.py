"""Google Base (g:): goods, events, jobs and people in items."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from feeds.validate import dates, values
from feeds.validate.grammar import Place, Rule, Scene
from feeds.validate.rules import Note, shown
from feeds.validate.shapes import container, leaf
from feeds.validate.spaces import RDF
from feeds.validate.values import matching, non_negative, one_of

_PLAIN = leaf(plain="ContainsHTML")
_AMOUNT = leaf(matching(r"[0-9].*", "InvalidFloat"))
_AMOUNT_WITH_UNIT = leaf(matching(r"[0-9]+\.?[0-9]*\s*\w*", "InvalidFloatUnit"))
_PARSE = {f"{{{RDF}}}parseType": None}
_TEN = 10
_YEARS = (1900, 2100)


def _location(value: str) -> Note | None:
    return None if value.count(",") in (1, 2) else Note("InvalidLocation", f"it is {shown(value)}")


def _full_location(value: str) -> Note | None:
    fields = value.split(",")
    good = len(fields) == 5 and all(field.strip() for field in fields)
    return None if good else Note("InvalidFullLocation", f"it is {shown(value)}")


def _label(value: str) -> Note | None:
    return Note("InvalidLabel", f"it is {shown(value)}") if "," in value else None


def _year(value: str) -> Note | None:
    year = values.whole(value)
    good = year is not None and _YEARS[0] <= year <= _YEARS[1]
    return None if good else Note("InvalidYear", f"it is {shown(value)}")


def _whole_with_unit(value: str) -> Note | None:
    number = values.whole(value.split(" ")[0].replace(",", ""))
    return None if number is not None and number >= 0 else Note("InvalidIntUnit", f"it is {shown(value)}")


def _currency(value: str) -> Note | None:
    good = len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()
    return None if good and value not in _NO_CURRENCIES else Note("InvalidCurrencyUnit", f"it is {shown(value)}")


_NO_CURRENCIES = frozenset({"AAA", "ABC", "FOO", "BAR", "YYY", "ZZZ"})


def _at_most_ten(rule: Rule) -> Rule:
    """Up to ten of them in one item."""

    def look(scene: Scene, element: etree._Element) -> None:
        rule.look(scene, element)
        before = 0
        for _ in element.itersiblings(str(element.tag), preceding=True):
            before += 1
            if before > _TEN:
                return
        if before == _TEN:
            scene.note(element, "TooMany", f"there are more than ten {scene.spelt(element)}")

    return Rule(look, "")


def _country(value: str) -> Note | None:
    return values.countries(value) if value == value.upper() else Note("InvalidCountryCode", f"it is {shown(value)}")


_RANGE = container({"g:start": leaf(date=dates.iso8601), "g:end": leaf(date=dates.iso8601)}, attributes=_PARSE)
_RULES: Mapping[str, Rule] = {
    "actor agent area apparel_type artist author brand color condition course course_number course_times cuisine "
    "delivery_notes education employer ethnicity format id immigration_status interested_in isbn job_function "
    "job_industry job_type main_ingredient make manufacturer manufacturer_id meal_type model model_number "
    "name_of_item_being_reviewed news_source occupation payment_notes product_type property_type publication_name "
    "publication_volume review_type school_district sexual_orientation size subject subject_area tax_region university "
    "upc vehicle_type vin": _PLAIN,
    "age bathrooms bedrooms": leaf(non_negative),
    "quantity": leaf(non_negative, values.filled),
    "pages": leaf(values.positive, values.filled),
    "calories cholesterol cooking_time fiber hoa_dues salary saturated_fat servings sodium total_carbs "
    "total_fat": _AMOUNT,
    "delivery_radius megapixels memory preparation_time price processor_speed protein weight": _AMOUNT_WITH_UNIT,
    "course_date_range event_date_range travel_date_range": _RANGE,
    "currency": leaf(_currency),
    "expiration_date publish_date": leaf(date=dates.iso8601_day),
    "expiration_date_time": leaf(date=dates.iso8601),
    "from_location to_location": leaf(_location),
    "location": leaf(_full_location),
    "gender": leaf(one_of("Male|M|Female|F", "InvalidGender")),
    "image_link": _at_most_ten(leaf(values.full_link)),
    "label": _at_most_ten(leaf(_label)),
    "listing_type pickup": leaf(values.true_false),
    "marital_status": leaf(
        one_of("single|divorced|separated|widowed|married|in relationship", "InvalidMaritalStatus")
    ),
    "mileage": leaf(_whole_with_unit),
    "payment_accepted": leaf(
        one_of("Cash|Check|Visa|MasterCard|AmericanExpress|Discover|WireTransfer", "InvalidPaymentMethod"), once=""
    ),
    "price_type": leaf(one_of("negotiable|starting", "InvalidPriceType")),
    "rating": leaf(one_of("1|2|3|4|5", "InvalidRatingType")),
    "reviewer_type": leaf(one_of("editorial|user", "InvalidReviewerType")),
    "salary_type": leaf(one_of("starting|negotiable", "InvalidSalaryType")),
    "shipping": container(
        {
            "g:service": leaf(one_of("FedEx|UPS|DHL|Mail|Other|Overnight|Standard", "InvalidServiceType")),
            "g:country": leaf(_country),
            "g:price": _AMOUNT_WITH_UNIT,
        },
        attributes=_PARSE,
    ),
    "tax_percent": leaf(values.within(0.0, 100.0, "InvalidPercentage")),
    "url_of_item_being_reviewed": leaf(values.full_link),
    "year": leaf(_year),
}  # fmt: skip
GOOGLE_BASE: Place = {f"g:{name}": rule for names, rule in _RULES.items() for name in names.split()}
