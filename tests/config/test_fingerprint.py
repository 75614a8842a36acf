"""Fingerprints tell values apart, and tell too little to learn one."""

from __future__ import annotations

from router.config.fingerprint import fingerprint


def test_it_is_the_same_for_the_same_value_and_another_one_for_another() -> None:
    found = [fingerprint("SECRET", f"value {n}") for n in range(200)]
    assert found == [fingerprint("SECRET", f"value {n}") for n in range(200)]
    assert len(set(found)) > 190


def test_equal_values_behind_two_names_do_not_look_equal() -> None:
    assert fingerprint("A", "x") != fingerprint("B", "x")


def test_it_has_sixteen_bits_so_that_very_many_guesses_fit() -> None:
    found = fingerprint("PIN", "0000")
    assert len(found) == 4
    fitting = sum(fingerprint("PIN", f"{n:06}") == found for n in range(400_000))
    assert fitting > 1


def test_an_unset_value_has_none_and_an_odd_one_has_one() -> None:
    assert fingerprint("A", "") == ""
    assert len(fingerprint("A", "\udcff")) == 4
