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
