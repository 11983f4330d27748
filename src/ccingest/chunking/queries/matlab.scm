(function_definition name: (_) @name) @function
(class_definition name: (_) @name) @class
