"""Definitions by the starts of lines, for files without a tree."""

from __future__ import annotations

import pytest

from ccingest.chunking import chunk_file
from ccingest.chunking.outlines import outline_by_lines
from ccingest.languages import detect_language
from ccingest.models import SourceFile
from ccingest.snippets import outline
from chunk_promises import source

PERL = b"""package Shop::Basket;
use strict;

=head1 SYNOPSIS

sub example { }

=cut

sub new {
    my ($class) = @_;
    if (1) {
    }
    return bless {}, $class;
}

sub total($self) { return 0 }

package Shop::Tax {
    sub rate {
        return 0.2;
    }
}
1;

__END__
sub not_code { }
"""
OBJC = b"""@class Later;
@protocol Other;

@protocol Payer <NSObject>
- (void)pay;
@end

@interface Basket : NSObject <Payer>
@property int x;
@end
"""
ASM = b"""start:
    j 1f
.Lhidden:
1:  nop
irq_vec: nop
a := 1
"""

SQL = b"""CREATE TABLE [dbo].[Users] (id INT IDENTITY(1,1));
GO
CREATE OR ALTER PROCEDURE [dbo].[usp_GetUser] @id INT
AS
BEGIN
  CREATE TABLE #seen (id INT);
  SELECT * FROM Users;
END
GO
alter proc dbo.usp_Other as select 1
GO
CREATE DEFINER=`root`@`localhost` PROCEDURE `shop`.`add_item`(IN n INT)
BEGIN
  INSERT INTO items VALUES (n);
END //
CREATE OR REPLACE PACKAGE BODY "HR"."Emp Mgmt" AS
END;
/
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS by_name ON users (name);
-- CREATE TABLE commented (id int);
"""


def outlined(language: str, data: bytes) -> dict[str, bytes]:
    return {one.symbol: data[one.start : one.end] for one in outline_by_lines(language, data)}


def test_perl() -> None:
    found = outlined("perl", PERL)
    assert list(found) == [
        "Shop::Basket", "Shop::Basket.new", "Shop::Basket.total", "Shop::Tax", "Shop::Tax.rate",
    ]  # fmt: skip
    assert found["Shop::Basket.new"].endswith(b"$class;\n}")
    assert found["Shop::Tax.rate"].endswith(b"0.2;\n    }")


def test_other_languages() -> None:
    assert list(outlined("objc", OBJC)) == ["Payer", "Basket"]
    assert outlined("objc", OBJC)["Payer"].endswith(b"@end")
    assert list(outlined("asm", ASM)) == ["start", "irq_vec"]
    assert outlined("python", b"def f(): pass\n") == {}


@pytest.mark.parametrize(
    ("language", "data", "symbol"),
    [("perl", PERL, "Shop::Basket.new"), ("asm", ASM, "irq_vec"), ("objc", OBJC, "Basket")],
)
def test_chunks_have_them(language: str, data: bytes, symbol: str) -> None:
    file = SourceFile("a", "1", language, data.decode(), len(data))
    assert symbol in {name for one in chunk_file(file).chunks for name in one.defines}


def test_hostile_lines_take_no_time() -> None:
    for language in ("perl", "objc", "asm"):
        for line in (
            b"package A;\n",
            b"sub a {\n",
            b"=pod\n",
            b"@interface A\n",
            b"a:\n",
            b"\t" * 9,
        ):
            outline_by_lines(language, line * (128 * 1024 // len(line)))


def test_sql_of_any_dialect() -> None:
    found = outline_by_lines("sql", SQL)
    assert [f"{one.kind} {one.symbol}" for one in found] == [
        "table Users", "procedure usp_GetUser", "procedure usp_Other", "procedure add_item",
        "package Emp Mgmt", "index by_name",
    ]  # fmt: skip
    assert b"#seen" in outlined("sql", SQL)["usp_GetUser"]


def test_sql_that_the_grammar_does_not_know_has_symbols() -> None:
    text = SQL.decode()
    chunks = chunk_file(SourceFile("a.sql", "1", "sql", text, len(SQL)), target=100).chunks
    assert "usp_GetUser" in {chunk.symbol for chunk in chunks}


@pytest.mark.parametrize(
    ("path", "first", "second", "expected"),
    [
        ("a.adoc", "= Title\n\n", "== Two\n\ntext\n", "Title:1 Title_>_Two:3"),
        ("a.org", "* Title\n", "** Two\n", "Title:1 Title_>_Two:2"),
        ("a.pl", "package Rope;\n", "sub haul {\n}\n", "Rope:1 Rope.haul:2"),
        ("a.vb", "Sub Haul()\nEnd Sub\n", "Sub Pull()\nEnd Sub\n", "Haul:1 Pull:3"),
        ("a.h", "int haul(void);\n", "int pull(void);\n", "haul:1 pull:2"),
        ("a.py", "def haul():\n    pass\n", "def pull():\n    pass\n", "haul:1 pull:3"),
        ("a.go", "package a\n\nfunc haul() {}\n", "func pull() {}\n", "haul:3 pull:4"),
        ("a.sql", "CREATE TABLE haul (a int);\n", "CREATE OR ALTER VIEW pull AS SELECT 1;\n", "haul:1 pull:2"),
        ("a.Rmd", "```{r}\nf <- function(a) a\n```\n", "# Title\n", "f:2 Title:4"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("marks", ["\ufeff|", "\ufeff|\ufeff", "|\ufeff", "\ufeff\ufeff|"])
def test_byte_order_marks(path: str, first: str, second: str, expected: str, marks: str) -> None:
    one, two = marks.split("|")
    text = f"{one}{first}{two}{second}"
    file = source(text, detect_language(path, text), path)
    chunks = chunk_file(file, target=1000, overlap=100).chunks
    assert "".join(chunk.text for chunk in chunks) == text
    found = [f"{item.symbol}:{item.line}".replace(" ", "_") for item in outline(chunks)]
    assert found == expected.split()
