(class_definition name: (_) @name) @class
(mixin_declaration (identifier) @name) @mixin
(enum_declaration name: (_) @name) @enum
(extension_declaration name: (_) @name) @extension
(function_signature name: (_) @name) @function
(type_alias (_) . (type_identifier) @name . (formal_parameter_list)) @type
(type_alias . (type_identifier) @name) @type
