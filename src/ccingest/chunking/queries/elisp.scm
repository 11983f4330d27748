(function_definition name: (_) @name) @function
(macro_definition name: (_) @name) @macro
