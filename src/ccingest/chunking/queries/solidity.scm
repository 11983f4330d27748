(contract_declaration name: (_) @name) @contract
(interface_declaration name: (_) @name) @interface
(library_declaration name: (_) @name) @library
(struct_declaration name: (_) @name) @struct
(enum_declaration name: (_) @name) @enum
(function_definition name: (_) @name) @function
(modifier_definition name: (_) @name) @function
(event_definition name: (_) @name) @event
(error_declaration name: (_) @name) @error
(constructor_definition "constructor" @name) @constructor
(user_defined_type_definition name: (_) @name) @type
