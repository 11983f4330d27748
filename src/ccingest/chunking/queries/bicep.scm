(resource_declaration . (identifier) @name) @resource
(module_declaration . (identifier) @name) @module
(parameter_declaration . (identifier) @name) @parameter
(variable_declaration . (identifier) @name) @variable
(output_declaration . (identifier) @name) @output
(type_declaration . (identifier) @name) @type
(user_defined_function name: (_) @name) @function
