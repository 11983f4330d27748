(class_declaration "interface" (type_identifier) @name) @interface
(class_declaration "enum" (type_identifier) @name) @enum
(class_declaration (type_identifier) @name) @class
(object_declaration (type_identifier) @name) @object
(companion_object (type_identifier) @name) @object
(function_declaration receiver: (receiver_type (user_type (type_identifier) @scope))
  (simple_identifier) @name) @function
(function_declaration (simple_identifier) @name) @function
(secondary_constructor "constructor" @name) @constructor
(type_alias (type_identifier) @name) @type
(source_file (property_declaration (variable_declaration (simple_identifier) @name)) @constant)
