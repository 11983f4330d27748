(struct_definition (identifier) @name) @struct
(service_definition (identifier) @name) @service
(enum_definition (identifier) @name) @enum
