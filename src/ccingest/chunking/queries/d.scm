(class_declaration (identifier) @name) @class
(struct_declaration (identifier) @name) @struct
(interface_declaration (identifier) @name) @interface
(function_declaration (identifier) @name) @function
