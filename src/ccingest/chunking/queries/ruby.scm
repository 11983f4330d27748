(module name: (_) @name) @module
(class name: (_) @name) @class
(method name: (_) @name) @method
(singleton_method name: (_) @name) @method
(assignment left: (constant) @name) @constant
(call method: (identifier) @_define arguments: (argument_list . (simple_symbol) @name)
  block: (_) (#eq? @_define "define_method")) @method
