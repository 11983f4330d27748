(binary_operator lhs: (identifier) @name rhs: (function_definition)) @function
(binary_operator lhs: (string content: (_) @name) rhs: (function_definition)) @function
(binary_operator lhs: (identifier) @name rhs: (call function: (_) @_class)
  (#match? @_class "R6Class$|^setRefClass$")) @class
; the methods of such a class
(call function: (identifier) @_list arguments: (arguments argument: (argument name: (identifier) @name
  value: (function_definition)) @function) (#eq? @_list "list"))
(program (call function: (identifier) @_set arguments: (arguments . argument: (argument value: (string content: (_) @name)))
  (#any-of? @_set "setClass" "setRefClass" "setClassUnion")) @class)
(program (call function: (identifier) @_set arguments: (arguments . argument: (argument value: (string content: (_) @name)))
  (#any-of? @_set "setGeneric" "setMethod" "setReplaceMethod")) @function)
(call function: (identifier) @_test arguments: (arguments . argument: (argument value: (string content: (_) @name)))
  (#eq? @_test "test_that")) @test
