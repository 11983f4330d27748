(struct_definition (identifier) @name) @struct
(service_definition (identifier) @name) @service
(enum_definition (identifier) @name) @enum
(exception_definition (identifier) @name) @struct
(union_definition (identifier) @name) @union
(function_definition (identifier) @name) @method
