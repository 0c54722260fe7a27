from flight_delay import samples as samples_module
from flight_delay.columns import ALWAYS_KNOWN, FEATURES
from flight_delay.samples import samples
from flight_delay.tables import Tables


def test_samples_are_real_flights_of_december(all_tables: Tables) -> None:
    chosen = samples(4)
    flights = all_tables.flights

    assert len({sample.description for sample in chosen}) == 4
    delays = [sample.departure_delay_minutes for sample in chosen]
    assert delays == sorted(delays)
    assert delays[-1] > 60
    for sample in chosen:
        carrier, number, route, day = sample.description.replace(",", "").split()[:4]
        same = flights[
            (flights["carrier"] == carrier)
            & (flights["flight"] == int(number))
            & (flights["month"] == 12)
            & (flights["day"] == int(day))
            & (flights["origin"] == route[:3])
        ]
        assert sample.actual_delay_minutes in set(same["arr_delay"])
        assert set(sample.features) == set(FEATURES)
        assert all(isinstance(sample.features[name], float) for name in ALWAYS_KNOWN)


def test_samples_are_always_the_same() -> None:
    first = samples(3)
    samples_module._tables.cache_clear()

    assert samples(3) == first
