(module_definition (module_binding (module_name) @name)) @module
(value_definition (let_binding pattern: (value_name) @name)) @function
(type_definition (type_binding name: (_) @name)) @type
(class_definition (class_binding name: (_) @name)) @class
