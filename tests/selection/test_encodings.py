"""A few words in an encoding from before UTF-8, in a file that is ASCII otherwise."""

from __future__ import annotations

import math
import struct
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


LINES = [
    ("cp1252", "2021-01-01  Åke Señor  <ake@example.org>\n", "\t* main.c: Größe geändert.\n"),
    ("cp1252", "Zoë Müller <zoe@example.org>\n", "Andr\u00e9 Dupont\n"),
    ("iso8859_2", "Łukasz Żak\n", "Sprawdź, czy użytkownik ma uprawnienia\n"),
    ("cp1251", "Исправлена ошибка в порту\n", "Вычисляет плату за стоянку\n"),
    ("cp932", "港の係船料金を計算する\n", "読み手のないパイプへの書き込み\n"),
    ("gbk", "计算港口的系泊费用\n", "这个函数返回整数\n"),
]


@pytest.mark.parametrize(("encoding", "new", "old"), LINES)
@pytest.mark.parametrize("counts", [(1, 1), (1, 9), (9, 1), (30, 30)])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_in_utf8_and_lines_in_an_older_encoding(
    encoding: str, new: str, old: str, counts: tuple[int, int], end: str
) -> None:
    new, old = (
        f"haul\n{line * count}".replace("\n", end)
        for line, count in zip((new, old), counts, strict=True)
    )
    assert decode(new.encode() + old.encode(encoding)) == new + old
    assert decode(old.encode(encoding) + new.encode()) == old + new


@pytest.mark.parametrize("cut", ["Größe f", "abgef", "ein Satz, dann “Größe", "プロセス"])
def test_a_letter_that_was_cut_at_the_end_of_a_line(cut: str) -> None:
    before = "Größe des Puffers\n"
    for letter in "ü–…":
        for length in range(1, len(letter.encode())):
            data = f"{before}{cut}".encode() + letter.encode()[:length]
            assert decode(data + f"\n{before}".encode()) == f"{before}{cut}\ufffd\n{before}"


@pytest.mark.parametrize(("encoding", "words"), WORDS)
def test_a_mark_of_utf8_before_another_encoding(encoding: str, words: str) -> None:
    if len(words) > len("20 °C plus"):  # fewer bad bytes may be an accident
        assert decode(b"\xef\xbb\xbf" + words.encode(encoding)) == "\ufeff" + words


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("ahoy \ud83c\udf89 é\n".encode("utf-8", "surrogatepass"), "ahoy 🎉 é\n"),
        ("항구 요금\n".encode("iso2022_kr"), "항구 요금\n"),
        (
            b"a\n" * 999 + "déjà vu à la fenêtre\n".encode("cp1252") + b"\x00b\n",
            "a\n" * 999 + "déjà vu à la fenêtre\n\ufffdb\n",
        ),
        (b"\xef\xbb\xbf" * 5_000 + b"\xff\n", "\ufeff" * 5_000 + "\ufffd\n"),
    ],
    ids=["letters in two halves", "ISO-2022-KR", "a NUL in Latin-1", "many marks"],
)
def test_other_forms(data: bytes, text: str) -> None:
    assert decode(data) == text


TEXTS = [
    "これは日本語の文章です。港の係船料金を計算する関数は次のとおりです。\n",
    "计算港口的系泊费用。这个函数返回整数，参数是船的长度。\n",
    "항구 요금을 계산하는 함수입니다. 배의 길이를 인자로 받습니다.\n",
    "Вычисляет плату за стоянку в порту.\n",
    "تحسب هذه الدالة رسوم الرسو، ﺍﯾﻦ پروژه‌ها را\n",
    "ฟังก์ชันนี้คำนวณค่าธรรมเนียมการจอดเรือ\n",
    "यह फ़ंक्शन बंदरगाह शुल्क की गणना करता है\n",
    "Le coût d'amarrage à côté du quai\n",
]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("words", TEXTS)
@pytest.mark.parametrize(("before", "times"), [("", 1), ("// x\r\n", 3), (CODE, 1), ("", 2_000)])
def test_wide_encodings_without_a_mark(encoding: str, words: str, before: str, times: int) -> None:
    text = before + words * times
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "data",
    [
        b"".join(number.to_bytes(2, "little") for number in range(0x3000, 0x9000, 7)) + b"\n\x00",
        b"".join(number.to_bytes(4, "little") for number in range(1, 20_000, 3)),
        b"lists\0of names\0that a\0linker wrote\0" * 20,
        b"\x0b\x0d" * 200 + b"\x0a\x00" * 20,
        struct.pack("<500h", *(int(9_000 * math.sin(number / 9)) for number in range(500))),
        bytes(range(256)) * 8,
    ],
    ids=["all letters", "numbers", "strings of C", "one letter", "sound", "all bytes"],
)
def test_what_is_no_text_in_any_wide_encoding(data: bytes) -> None:
    assert decode(data) is None
    assert decode(data[1:]) is None


DECLARED = [
    ("koi8_r", "# -*- coding: koi8-r -*-\ns = 'Ж'\n"),
    ("koi8_r", "#!/usr/bin/python\n# vim: set fileencoding=koi8-r :\ns = 'Ж'\n"),
    ("cp1251", "# encoding: windows-1251\ndef haul; 'Я'; end\n"),
    ("cp1253", ";; -*- mode: lisp; coding: cp1253-unix -*-\n(setq a \"λ\")\n"),
    ("iso8859_2", '<?xml version="1.0" encoding="ISO-8859-2"?>\n<a>ł</a>\n'),
    ("cp1251", '<html><head><meta charset="windows-1251"></head><body>Я</body></html>\n'),
    ("cp1251", "<meta http-equiv='Content-Type' content='text/html; charset=windows-1251'>Я\n"),
    ("iso8859_2", 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=ISO-8859-2\\n"\n\nmsgid "x"\nmsgstr "ł"\n'),
    ("cp1250", '@charset "windows-1250";\na:after { content: "ž" }\n'),
    ("cp1250", "\\documentclass{a}\n\\usepackage[cp1250]{inputenc}\nž\n"),
    ("cp1250", "char *s = \"ž\";\n/* vim: set fenc=cp1250 : */\n"),
    ("cp1250", "(a \"ž\")\n;; Local Variables:\n;; mode: lisp\n;; coding: windows-1250\n;; End:\n"),
    ("cp932", "# -*- coding: sjis -*-\nx = '①ソ'\n"),
    ("gbk", "# coding: gb2312\nx = '镕'\n"),
]  # fmt: skip


@pytest.mark.parametrize(("encoding", "text"), DECLARED)
def test_the_encoding_that_a_text_says(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "# -*- coding: latin-1 -*-\ns = 'Größe'\n"),
        ("cp1251", "# -*- coding: utf-8 -*-\n# плата за стоянку в порту\n"),
        ("cp1251", "import os\n\nopen('a', encoding='koi8-r')  # плата за стоянку в порту\n"),
        ("cp932", "# -*- coding: euc-jp -*-\n# 港の係船料金を計算する\n"),
        ("cp1252", "# -*- coding: rot13 -*-\n# déjà vu à la fenêtre\n"),
        ("cp1252", "# -*- coding: unicode_escape -*-\n# déjà vu à la fenêtre\n"),
    ],
)
def test_what_is_said_of_the_encoding_may_be_wrong(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("head", ["# My project\r\n", "été\n", "a,b\n" * 50])
@pytest.mark.parametrize("tail", ["node_modules\r\n", "*.log\r\nbuild/\r\n" * 30])
def test_lines_that_were_added_in_utf16_or_ascii(head: str, tail: str) -> None:
    wide = tail.encode("utf-16-le")
    assert decode(head.encode() + wide) == head + tail
    assert decode(head.encode() + b"\xff\xfe" + wide) == head + tail
    assert decode(head.encode() + wide + head.encode()) == head + tail + head
    assert decode(b"\xff\xfe" + wide + head.encode()) == tail + head


@pytest.mark.parametrize(
    "text", ["// あいう\r\n// x\r\nあいうえお", "x\r\n海\r\n", "ab\n" * 9, "Größe\r\n" * 3]
)
def test_utf16_is_no_added_ascii(text: str) -> None:
    assert decode(text.encode("utf-16")) == text


def test_a_nul_in_a_short_program() -> None:
    text = "def haul(data):\n    return data.split('\x00')\n\n\nprint(haul('a'))\n"
    assert decode(text.encode()) == text.replace("\x00", "\ufffd")
    assert decode(b"RIFF\x00WAVE fmt") is None
    assert decode(text.encode() + b"\x01") is None
    assert decode(b"a\nb\x00" * 40) is None


def test_words_that_are_partly_utf8_by_chance() -> None:
    text = "# 読み手のないパイプへの書き込み\n"
    assert decode(text.encode("euc_jp")) == text


@pytest.mark.parametrize(
    "unit",
    [b"\xe9", b"\xe9 ", b"a\xe9", b"\n\xe9", b"\xb7", b"\xe9\x41", b"\xa9a", b"\xc3\xa9\n\xe9\n"],
)
def test_only_so_many_lines_are_looked_at(unit: bytes) -> None:
    began = time.process_time()
    decode(unit * (2_000_000 // len(unit)))
    assert time.process_time() - began < 3
