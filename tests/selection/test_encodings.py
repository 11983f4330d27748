"""A few words in an encoding from before UTF-8, in a file that is ASCII otherwise."""

from __future__ import annotations

import time

import pytest

from ccingest.selection.decoding import decode

CODE = "".join(f"int haul_{number}(int n) {{ return n + {number}; }}\n" for number in range(300))
WORDS = [
    ("cp1252", "Calcule le coût d'amarrage à côté du quai, déjà payé"),
    ("cp1252", "Berechnet die Größe des Puffers"),
    ("cp1252", "Devuelve el número de líneas leídas"),
    ("cp1252", "Le unità di misura sono così convertite"),
    ("cp1252", "naïve “façade” – 20 °C, 5 µm, © José Müller & Åke"),
    ("iso8859_15", "le cœur du problème, 5 €"),
    ("cp850", "déjà vu à la fenêtre"),
    ("mac_roman", "déjà vu à la fenêtre"),
    ("cp437", "┌──────┐ ██"),
    ("cp1250", "Błąd odczytu danych, spróbuj później"),
    ("iso8859_2", "Sprawdź, czy użytkownik ma uprawnienia, ścieżka"),
    ("cp1250", "Vrací prázdný seznam, pokud soubor neexistuje"),
    ("iso8859_2", "Kiszámítja a hajó kikötési díját, később újra"),
    ("cp1254", "Dosya bulunamazsa boş bir liste döndürür"),
    ("cp1257", "Grąžina tuščią sąrašą, jei failas nerastas"),
    ("cp1253", "Ο αριθμός των γραμμών"),
    ("iso8859_7", "Άδεια λίστα"),
    ("cp1251", "плата за стоянку"),
    ("koi8_r", "Вычисляет плату за стоянку в порту"),
    ("koi8_u", "Перевіряє, чи має користувач право"),
    ("cp866", "плата за стоянку"),
    ("cp1251", "Броят на редовете се увеличава"),
    ("cp1255", "שלום עולם"),
    ("cp1256", "سلام عليكم"),
    ("cp874", "สวัสดีชาวโลก"),
    ("cp932", "港の係船料金"),
    ("cp932", "ﾊﾞｯﾌｧ ｴﾗｰ"),
    ("cp932", "テスト"),
    ("euc_jp", "港の係船料金を計算する"),
    ("gbk", "计算港口的系泊费用"),
    ("gbk", "初期化"),
    ("big5", "計算港口的繫泊費用"),
    ("euc_kr", "항구 요금"),
]


@pytest.mark.parametrize(("encoding", "words"), WORDS)
@pytest.mark.parametrize("before", ["", CODE])
def test_a_few_words_tell_the_encoding(encoding: str, words: str, before: str) -> None:
    text = f"{before}// {words}\n"
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("words", [words for _, words in WORDS])
@pytest.mark.parametrize("bad", [b"\xe9", b"\xff", b"\xa0"])
def test_one_bad_byte_in_utf8_costs_that_byte(words: str, bad: bytes) -> None:
    data = f"{CODE}// {words}".encode()
    assert decode(data) == f"{CODE}// {words}"
    assert decode(data + bad) == f"{CODE}// {words}\ufffd"
    assert decode(bad + data) == f"\ufffd{CODE}// {words}"


def test_words_that_are_partly_utf8_by_chance() -> None:
    text = "# 読み手のないパイプへの書き込み\n"
    assert decode(text.encode("euc_jp")) == text


@pytest.mark.parametrize(
    "unit", [b"\xe9", b"\xe9 ", b"a\xe9", b"\n\xe9", b"\xb7", b"\xe9\x41", b"\xa9a"]
)
def test_only_so_many_lines_are_looked_at(unit: bytes) -> None:
    began = time.process_time()
    decode(unit * (2_000_000 // len(unit)))
    assert time.process_time() - began < 3
