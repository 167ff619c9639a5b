"""Numbers told by blocks: what is said of a block is what is said of each number when a code is sent to it."""

from __future__ import annotations

from collections.abc import Iterator

import phonenumbers
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from phonenumbers import PhoneNumberType

from adminportal.queries import fetch
from sspr.number_blocks import block_sql, blocks_out_of_reach, is_in_reach
from tests.cast import make_cast, signed_in
from tests.sspr.self_service import knows, policy_for, registers
from tests.sspr.wizard_visit import text_of
from users.csv_rules import normal_phone
from users.models import MethodKind
from users.services.sending_limits import may_reach, region_reached

NOWHERE: frozenset[str] = frozenset()
KINDS = [kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN]


def numbers_of(region: str) -> Iterator[str]:
    """Return a number of each kind of a country as it is stored, and its neighbours."""
    for kind in KINDS:
        example = phonenumbers.example_number_for_type(region, kind)
        if example:
            text = normal_phone(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
            yield from (text, f"{text} x12", *(_with_last(text, last) for last in ("000", "719", "999")))


def _with_last(text: str, last: str) -> str:
    """Return a number with other digits at its end, its spaces where they were."""
    digits, kept = list(reversed(last)), list(text)
    places = [place for place, sign in enumerate(text) if sign.isdecimal()][::-1][: len(last)]
    for place, digit in zip(places, digits, strict=True):
        kept[place] = digit
    return "".join(kept)


@pytest.mark.parametrize("start", range(4))
def test_block_says_of_numbers_of_every_country_and_kind_what_sending_says(start: int) -> None:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)[start::4]:
        for number in filter(None, numbers_of(region)):
            for countries in (NOWHERE, frozenset({region}), frozenset({"NO" if region != "NO" else "SE"})):
                assert is_in_reach(number, countries) == may_reach(number, countries=countries), number


@pytest.mark.parametrize(
    ("number", "block"),
    [
        ("+46 70 174 06 05", "+46 70 174 06***"),
        ("+46 70 174 06", "+46 70 174 06"),
        ("+46 70 174 06 05 x12", "+46 70 174 06 05 ***"),
        ("+1 202 555 0142", "+1 202 555 0***"),
        ("+354 555 0123", "+354 555 0123"),
        ("+47 02345", "+47 02345"),
        ("", ""),
    ],
)
@pytest.mark.django_db
def test_block_of_a_number_in_the_database(number: str, block: str) -> None:
    rows = fetch(f"SELECT {block_sql('value')} FROM (SELECT CAST(%s AS TEXT) AS value) v", [number], uuid_columns=())

    assert rows == [(block,)]


@pytest.mark.parametrize("number", ["+44 909 879 0142", "+1 900 555 0143", "+881 6 12345678", "0701740605", ""])
def test_number_that_nothing_is_sent_to_is_in_no_reach_with_and_without_countries(number: str) -> None:
    assert region_reached(number) == ""
    assert not is_in_reach(number, NOWHERE)
    assert not is_in_reach(number, frozenset({"GB", "US", "001", ""}))


@pytest.mark.django_db
def test_blocks_are_those_of_the_tenant_for_each_list_by_one_query() -> None:
    cast, other = make_cast(), make_cast("fabrikam.example", "Fabrikam")
    knows(cast, "diego.siciliani", mobile="+47 912 34 567", office="+44 909 879 0142")
    registers(cast, "lee.gu", MethodKind.ALTERNATE_PHONE, "+1 202 555 0142")
    registers(cast, "grady.archie", MethodKind.MOBILE_PHONE, "+1 202 555 0199")
    knows(other, "diego.siciliani", mobile="+44 7700 900123")

    with CaptureQueriesContext(connection) as spent:
        every, norway, none = (set(found) for found in blocks_out_of_reach(cast.tenant.pk, [], ["NO"], ["DK"]))

    costly, american, swedish, norwegian = "+44 909 879 0***", "+1 202 555 0***", "+46 70 174 06***", "+47 912 34 ***"
    assert len(spent) == 1
    assert every == {costly}
    assert norway == {costly, american, swedish}
    assert none == {costly, american, swedish, norwegian}


@pytest.mark.parametrize(("countries", "is_told"), [([], False), (["DK"], True)])
@pytest.mark.django_db
def test_only_global_administrator_is_told_where_nothing_is_sent_to_their_country(
    countries: list[str], is_told: bool
) -> None:
    cast = make_cast()
    policy_for(cast, sms_countries=countries)
    registers(cast, "global.admin", MethodKind.AUTHENTICATOR)
    registers(cast, "global.admin", MethodKind.MOBILE_PHONE, "+47 912 34 567")

    page = text_of(signed_in(cast["global.admin"]).get(reverse("users:account")))  # type: ignore[arg-type]

    assert ("You are the only Global Administrator" in page) is is_told
