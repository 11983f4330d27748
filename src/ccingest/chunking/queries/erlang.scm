(fun_decl clause: (function_clause name: (_) @name)) @function
(record_decl name: (_) @name) @record
