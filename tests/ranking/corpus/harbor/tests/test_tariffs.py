import pytest
from harbor.pricing.discounts import contract_discount
from harbor.pricing.tariffs import price_of_parcel, volume_weight


def test_price_of_parcel_by_zone_and_weight():
    assert price_of_parcel(10, (10, 10, 10), 2) == 7.56


def test_volume_weight_of_a_large_and_light_parcel():
    assert volume_weight((100, 50, 50)) == 50


def test_minimum_price_of_a_zone():
    assert price_of_parcel(0.1, (1, 1, 1), 1) == 3.46


def test_no_tariff_for_a_zone():
    with pytest.raises(ValueError, match="no tariff for zone 7"):
        price_of_parcel(1, (1, 1, 1), 7)


def test_contract_discount_grows_with_the_parcels():
    assert [contract_discount(n) for n in (0, 50, 200, 1000)] == [0, 0.05, 0.12, 0.2]
