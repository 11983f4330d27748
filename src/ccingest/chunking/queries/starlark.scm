(function_definition name: (_) @name) @function
; a target: cc_library(name = "winch")
(module (expression_statement (call arguments: (argument_list
  (keyword_argument name: (identifier) @_key value: (string (string_content) @name)))
  (#eq? @_key "name")) @target))
