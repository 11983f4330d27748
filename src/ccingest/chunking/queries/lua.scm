(function_declaration name: (method_index_expression) @name) @method
(function_declaration name: (_) @name) @function
(assignment_statement (variable_list . name: (_) @name)
  (expression_list . value: (function_definition))) @function
; local operators = { add = function() ... }
(assignment_statement (variable_list . name: (_) @name)
  (expression_list . value: (table_constructor (field)))) @table
(field name: (identifier) @name value: (function_definition)) @function
(field name: (string content: (_) @name) value: (function_definition)) @function
