(class_definition name: (_) @name) @class
(function_definition name: (_) @name) @function
(class_name_statement name: (_) @name) @class
(signal_statement name: (_) @name) @signal
(enum_definition name: (_) @name) @enum
(source (const_statement name: (_) @name) @constant)
