(call target: (identifier) @_keyword (arguments . (alias) @name)
  (#any-of? @_keyword "defmodule" "defimpl")) @module
(call target: (identifier) @_keyword (arguments . (alias) @name)
  (#eq? @_keyword "defprotocol")) @protocol
; def f, def f(x), def f(x) when x > 1, def a <> b
(call target: (identifier) @_keyword (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
    (binary_operator left: (identifier) @name operator: "when")
    (binary_operator operator: _ @name)])
  (#any-of? @_keyword "def" "defp" "defdelegate")) @function
(call target: (identifier) @_keyword (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")])
  (#any-of? @_keyword "defmacro" "defmacrop" "defguard" "defguardp")) @macro
; test "the name" do ... end
(call target: (identifier) @_keyword (arguments . (string (quoted_content) @name)) (do_block)
  (#any-of? @_keyword "test" "describe" "property")) @test
