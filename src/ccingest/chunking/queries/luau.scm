(function_declaration name: (_) @name) @function
(type_definition name: (_) @name) @type
