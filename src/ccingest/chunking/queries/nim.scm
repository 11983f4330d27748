(proc_declaration name: (_) @name) @function
(func_declaration name: (_) @name) @function
(method_declaration name: (_) @name) @method
(template_declaration name: (_) @name) @macro
(macro_declaration name: (_) @name) @macro
(type_declaration (type_symbol_declaration name: (_) @name)) @type
