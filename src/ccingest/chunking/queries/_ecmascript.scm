(class_declaration name: (_) @name) @class
(function_declaration name: (_) @name) @function
(generator_function_declaration name: (_) @name) @function
(method_definition name: (_) @name) @method
(pair key: (_) @name value: [(arrow_function) (function_expression)]) @method

; const f = () => ..., var C = class ...
(variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression) (generator_function)]) @function
(variable_declarator name: (identifier) @name value: (class)) @class

; const Button = forwardRef((props, ref) => ...), at the top only
(program (lexical_declaration (variable_declarator name: (identifier) @name
  value: (call_expression arguments: (arguments [(arrow_function) (function_expression)]))) @function))
(program (export_statement declaration: (lexical_declaration (variable_declarator name: (identifier) @name
  value: (call_expression arguments: (arguments [(arrow_function) (function_expression)]))) @function)))

; const api = { get() {} } and export const LIMIT = 3
(program [(lexical_declaration (variable_declarator name: (identifier) @name value: (object)) @constant)
  (variable_declaration (variable_declarator name: (identifier) @name value: (object)) @constant)])
(export_statement declaration: (lexical_declaration
  (variable_declarator name: (identifier) @name) @constant))

; exports.x = function () {}, Foo.prototype.bar = () => ...
(assignment_expression left: (member_expression) @name
  right: [(arrow_function) (function_expression) (generator_function)]) @function
(assignment_expression left: (member_expression) @name right: (class)) @class

(export_statement "default" @name value: [(arrow_function) (function_expression) (generator_function)]) @function
(export_statement "default" @name value: (class)) @class
