(class_definition name: (_) @name) @class
(function_definition name: (_) @name) @function
(type_alias_statement left: (type (generic_type . (identifier) @name))) @type
(type_alias_statement left: (_) @name) @type
