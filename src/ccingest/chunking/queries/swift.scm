(class_declaration declaration_kind: _ @kind name: (_) @name) @definition
(protocol_declaration name: (_) @name) @protocol
(function_declaration "func" . name: _ @name) @function
(protocol_function_declaration name: (_) @name) @method
(init_declaration "init" @name) @constructor
(deinit_declaration "deinit" @name) @method
(subscript_declaration "subscript" @name) @method
(typealias_declaration name: (type_identifier) @name) @type
(property_declaration name: (pattern) @name computed_value: (_)) @property
(macro_declaration (simple_identifier) @name) @macro
