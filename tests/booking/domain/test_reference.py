"""References: what is misread or mistyped is noticed; what only looks different is accepted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.booking.domain.reference import ALPHABET, new_reference, normalise

REFERENCES = st.builds(new_reference)


@given(REFERENCES)
def test_a_new_reference_is_in_its_normal_form(reference: str) -> None:
    assert normalise(reference) == reference
    assert len(reference) == 10
    assert reference[4] == "-"


@given(REFERENCES)
def test_every_single_wrong_symbol_is_noticed(reference: str) -> None:
    for place in (0, 1, 2, 3, 5, 6, 7, 8, 9):
        for symbol in ALPHABET:
            if symbol != reference[place]:
                assert normalise(reference[:place] + symbol + reference[place + 1 :]) is None


@given(REFERENCES)
def test_every_swap_of_neighbours_is_noticed(reference: str) -> None:
    symbols = reference.replace("-", "")
    for place in range(8):
        one, other = symbols[place], symbols[place + 1]
        if one != other:
            swapped = symbols[:place] + other + one + symbols[place + 2 :]
            assert normalise(swapped) is None


@given(REFERENCES)
def test_lower_case_spaces_hyphens_and_cyrillic_lookalikes_are_the_same(reference: str) -> None:
    lookalike = reference.translate(str.maketrans("ACEHKMPTXY", "АСЕНКМРТХУ"))
    typed = (
        reference.lower(), reference.replace("-", ""), f"  {reference} ", reference.replace("-", " – "),
        " ".join(reference), lookalike, lookalike.lower(),
    )  # fmt: skip
    assert {normalise(text) for text in typed} == {reference}


@given(st.text(max_size=20))
def test_anything_else_is_none_or_a_normal_form(text: str) -> None:
    found = normalise(text)
    assert found is None or normalise(found) == found


def test_no_two_symbols_look_alike() -> None:
    assert len(set(ALPHABET)) == 23
    assert not set("01OILSZBGQDVN") & set(ALPHABET)


def test_references_are_not_enumerable() -> None:
    assert len({new_reference() for _ in range(2000)}) == 2000
