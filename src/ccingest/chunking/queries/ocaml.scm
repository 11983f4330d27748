(module_definition (module_binding (module_name) @name)) @module
(module_type_definition (module_type_name) @name) @module
; each of let rec f x = ... and g x = ... by itself
(value_definition (let_binding pattern: [(value_name) (parenthesized_operator)] @name) @function)
(value_specification (value_name) @name) @function
(external (value_name) @name) @function
(type_definition (type_binding name: (_) @name) @type)
(exception_definition (constructor_declaration (constructor_name) @name)) @type
(class_definition (class_binding (class_name) @name)) @class
(class_type_definition (class_type_binding (class_type_name) @name)) @class
(method_definition (method_name) @name) @method
