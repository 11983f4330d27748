"""Definitions by the starts of lines, for files without a tree."""

from __future__ import annotations

import pytest

from ccingest.chunking import chunk_file
from ccingest.chunking.outlines import outline_by_lines
from ccingest.models import SourceFile

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
