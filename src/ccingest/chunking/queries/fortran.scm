(module (module_statement (name) @name)) @module
(program (program_statement (name) @name)) @program
(subroutine (subroutine_statement name: (_) @name)) @function
(function (function_statement name: (_) @name)) @function
