(module name: (_) @name) @module
(class name: (_) @name) @class
(method name: (_) @name) @method
(singleton_method name: (_) @name) @method
(assignment left: (constant) @name) @constant
(call method: (identifier) @_define arguments: (argument_list . (simple_symbol) @name)
  block: (_) (#eq? @_define "define_method")) @method
; of Rake: task :moor, task "moor", task moor: [:a], task :moor => :a
(call !receiver method: (identifier) @_task arguments: (argument_list . [(simple_symbol) @name (string (string_content) @name)
    (pair key: [(simple_symbol) (hash_key_symbol)] @name) (pair key: (string (string_content) @name))])
  (#any-of? @_task "task" "multitask")) @task
(call !receiver method: (identifier) @_namespace arguments: (argument_list . [(simple_symbol) @name (string (string_content) @name)])
  block: (_) (#eq? @_namespace "namespace")) @namespace
; scope :recent, -> { ... }
(call !receiver method: (identifier) @_scope arguments: (argument_list . (simple_symbol) @name . [(lambda) (call)])
  (#eq? @_scope "scope")) @method
