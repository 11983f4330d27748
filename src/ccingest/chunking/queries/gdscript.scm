(class_definition name: (_) @name) @class
(function_definition name: (_) @name) @function
