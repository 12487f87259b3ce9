"""IIN and names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.domain.person import clean_name, is_iin, is_name

DIGITS = st.text("0123456789", min_size=11, max_size=11)
WORD = st.text("АБВабвӘәҒғҚқҢңӨөҰұҮүҺһІіЁёabcXYZéüəẽ", min_size=1, max_size=12)


@pytest.mark.parametrize("iin", ["010101100018", "010101100903"])
def test_the_published_vectors_are_valid(iin: str) -> None:
    """The first passes by the first weights, the second by the second ones."""
    assert is_iin(iin)


@pytest.mark.parametrize("check", "0123456789")
def test_a_number_whose_both_remainders_are_ten_is_never_issued(check: str) -> None:
    assert not is_iin("01010110099" + check)


@given(DIGITS)
def test_at_most_one_check_digit_fits(body: str) -> None:
    assert sum(is_iin(body + check) for check in "0123456789") <= 1


@pytest.mark.parametrize("iin", ["999999999993", "000000000000"])
def test_birth_date_and_sex_digit_are_no_reason(iin: str) -> None:
    body = iin[:11]
    fitting = [c for c in "0123456789" if is_iin(body + c)]
    assert len(fitting) <= 1
    assert is_iin("000000000000")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01010110001",
        "0101011000188",
        " 010101100018",
        "010101100018\n",
        "٠١٠١٠١١٠٠٠١٨",
        "01010110001x",
    ],
)
def test_anything_but_twelve_ascii_digits_is_no_iin(text: str) -> None:
    assert not is_iin(text)


@pytest.mark.parametrize(
    "name",
    ["Әсел Нұрланқызы", "ӘҒҚҢӨҰҮҺІ әғқңөұүһі", "Гүлнәр Сағындық-Оспан", "O'Brien", "Жан-Поль Д’Артуа",
     "Алёна", "José Müller", "Nguyễn Thị Hạnh", "Əliyev Əli", "Ли", "Martin Luther King Jr."],
)  # fmt: skip
def test_names_of_people_here_are_names(name: str) -> None:
    assert is_name(clean_name(name))
    assert is_name(clean_name(unicodedata.normalize("NFD", name)))


@pytest.mark.parametrize(
    "name",
    ["", " ", "-", "'", "Әсел1", "Әсел@", "Әсел\x00", "=cmd()", "<b>Әсел</b>", "-Әсел",
     "Әсел-", "😀", "Әсел\u202eлесӘ", "Әсел\u200b", "A" * 101],
)  # fmt: skip
def test_what_is_no_name_is_refused(name: str) -> None:
    assert not is_name(clean_name(name))


@given(st.lists(WORD, min_size=1, max_size=4))
def test_words_joined_by_one_space_are_a_name_however_spaced(words: list[str]) -> None:
    name = clean_name(" \t ".join(words) + "  ")
    assert is_name(name) == (len(name) <= 100)
    assert clean_name(name) == name


@given(st.text())
def test_cleaning_twice_is_cleaning_once_and_a_name_has_one_line(text: str) -> None:
    name = clean_name(text)
    assert clean_name(name) == name
    if is_name(name):
        assert unicodedata.is_normalized("NFC", name)
        assert all(c == " " or c.isprintable() for c in name)
