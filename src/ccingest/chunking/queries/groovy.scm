; The grammar knows commands and blocks only: `class A {` is a command with a block.
(command . (unit (identifier) @kind) . (block . (unit (identifier) @name))
  (#any-of? @kind "class" "interface" "enum" "trait" "task")) @definition
; def f(x) {, String g() {
(command . (unit (identifier) @_type) . (block . (unit (func . (identifier) @name)))
  (#not-any-of? @_type "else" "return" "new" "if" "throw")) @function
