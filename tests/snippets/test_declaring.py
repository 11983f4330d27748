"""At which line each name of a chunk is declared, where it stands in several."""

from __future__ import annotations

import time

import pytest

from ccingest.snippets.declaring import lines_of_names


@pytest.mark.parametrize(
    ("names", "lines", "expected"),
    [
        (
            "load_all load Runner rerun run",
            "from x import load, run|def load_all(n):|    return [load(i) for i in n]|def load(i):"
            "|class Runner:|    def rerun(self):|        self.run()|    def run(self):",
            [1, 3, 4, 5, 7],
        ),
        ("GetAll Get", "func GetAll() []int { return Get() }|func Get() []int {", [0, 1]),
        ("Get", "// Get is it|func (r *Box) Get() int {", [1]),
        (
            "main parse",
            "static int parse(int);|int main(void) { return parse(1); }|static int parse(int x)|{",
            [1, 2],
        ),
        ("setAll set", "// set: all|function setAll() { set(1) }|function set(x) {}", [1, 2]),
        ("Box add", "class Box {|  addAll() { this.add(1) }|  add(x) {|  }|}", [0, 2]),
        (
            "Box open close",
            "class API Box {|  void open() { close(); }|  void close() {",
            [0, 1, 2],
        ),
        ("app __", '__generated_with = "1"|app = App()|@app.cell|def __(mo):', [1, 3]),
        ("One Two", "# One|Two is below.|## Two", [0, 2]),
        ("orders", "-- orders|select * from orders;|CREATE TABLE IF NOT EXISTS orders (", [2]),
        ("gone there", "x = 1|def there():", [0, 1]),
        ("", "a|b", []),
    ],
)
def test_where_names_are_declared(names: str, lines: str, expected: list[int]) -> None:
    assert lines_of_names(names.split(), lines.split("|"), 0) == expected


def test_a_heading_without_a_last_name_and_lines_of_the_chunk_before() -> None:
    assert lines_of_names(["", "a"], ["def a():", "def a():"], 1) == [1, 1]


def test_many_names_take_bounded_time() -> None:
    began = time.process_time()
    names = ["a" * length for length in range(1, 40)] * 100
    assert len(lines_of_names(names, ["a" * 40] * 2_000, 0)) == len(names)
    assert len(lines_of_names(["a"], ["a " * 20_000], 0)) == 1
    assert time.process_time() - began < 5.0
