; inherits: c
; T& f() has its function one level down, without a field
(function_definition declarator: (reference_declarator (function_declarator declarator: (_) @name))) @function
(function_definition declarator: (operator_cast) @name) @function
(class_specifier name: (_) @name body: (_)) @class
(namespace_definition name: (_) @name) @namespace
(concept_definition name: (_) @name) @concept
(alias_declaration name: (_) @name) @type
(field_declaration declarator: (function_declarator declarator: (_) @name)) @method
(field_declaration declarator: (_ declarator: (function_declarator declarator: (_) @name))) @method
(field_declaration declarator: (reference_declarator (function_declarator declarator: (_) @name))) @method
(field_declaration_list (declaration declarator: (function_declarator declarator: (_) @name)) @method)
(declaration declarator: (init_declarator declarator: (identifier) @name value: (lambda_expression))) @function
