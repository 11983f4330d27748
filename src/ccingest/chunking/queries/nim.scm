; what is exported has a star behind its name
(proc_declaration name: (exported_symbol . (_) @name)) @function
(proc_declaration name: (_) @name) @function
(func_declaration name: (exported_symbol . (_) @name)) @function
(func_declaration name: (_) @name) @function
(iterator_declaration name: (exported_symbol . (_) @name)) @function
(iterator_declaration name: (_) @name) @function
(converter_declaration name: (exported_symbol . (_) @name)) @function
(converter_declaration name: (_) @name) @function
(method_declaration name: (exported_symbol . (_) @name)) @method
(method_declaration name: (_) @name) @method
(template_declaration name: (exported_symbol . (_) @name)) @macro
(template_declaration name: (_) @name) @macro
(macro_declaration name: (exported_symbol . (_) @name)) @macro
(macro_declaration name: (_) @name) @macro
(type_declaration (type_symbol_declaration name: (exported_symbol . (_) @name))) @type
(type_declaration (type_symbol_declaration name: (_) @name)) @type
