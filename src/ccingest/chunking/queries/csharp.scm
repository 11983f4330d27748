(class_declaration name: (_) @name) @class
(struct_declaration name: (_) @name) @struct
(record_declaration name: (_) @name) @record
(interface_declaration name: (_) @name) @interface
(enum_declaration name: (_) @name) @enum
(delegate_declaration name: (_) @name) @type
(method_declaration name: (_) @name) @method
(local_function_statement name: (_) @name) @function
(constructor_declaration name: (_) @name) @constructor
(destructor_declaration name: (_) @name) @method
(property_declaration name: (_) @name) @property
(indexer_declaration "this" @name) @property
(event_declaration name: (_) @name) @property
(operator_declaration operator: _ @name) @method
(event_field_declaration (variable_declaration (variable_declarator name: (_) @name))) @property
