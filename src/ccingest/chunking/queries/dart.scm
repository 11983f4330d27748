(class_definition name: (_) @name) @class
(mixin_declaration (identifier) @name) @mixin
(enum_declaration name: (_) @name) @enum
(extension_declaration name: (_) @name) @extension
(function_signature name: (_) @name) @function
(type_alias (_) . (type_identifier) @name . (formal_parameter_list)) @type
(type_alias . (type_identifier) @name) @type
(extension_type_declaration name: (_) @name) @extension
(getter_signature name: (_) @name) @property
(setter_signature name: (_) @name) @property
(operator_signature (binary_operator) @name) @method
; A(), A.named(), const A(), factory A.make()
(constructor_signature . (identifier) . (identifier) @name) @constructor
(constructor_signature . (identifier) @name . (formal_parameter_list)) @constructor
(constant_constructor_signature (const_builtin) . (identifier) . (identifier) @name) @constructor
(constant_constructor_signature (const_builtin) . (identifier) @name . (formal_parameter_list)) @constructor
(factory_constructor_signature . (identifier) . (identifier) @name) @constructor
(factory_constructor_signature . (identifier) @name . (formal_parameter_list)) @constructor
