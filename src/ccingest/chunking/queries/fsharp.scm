(named_module name: (_) @name) @module
(module_defn (identifier) @name) @module
; what has members is the scope of their names
(type_definition (anon_type_defn (type_name type_name: (_) @name))) @class
(type_definition (_ (type_name type_name: (_) @name) (type_extension_elements))) @class
(type_definition (_ (type_name type_name: (_) @name))) @type
(function_or_value_defn (function_declaration_left . (identifier) @name)) @function
(function_or_value_defn (value_declaration_left (identifier_pattern (long_identifier_or_op) @name))) @value
(member_defn (method_or_prop_defn name: (property_or_ident method: (_) @name))) @method
(exception_definition exception_name: (_) @name) @type
