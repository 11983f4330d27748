(class_declaration (identifier) @name) @class
(struct_declaration (identifier) @name) @struct
(interface_declaration (identifier) @name) @interface
(function_declaration (identifier) @name) @function
(enum_declaration (enum) . (identifier) @name) @enum
(union_declaration (union) . (identifier) @name) @union
(template_declaration (template) . (identifier) @name) @template
(constructor (this) @name) @constructor
