(mixin_statement name: (_) @name) @mixin
(function_statement name: (_) @name) @function
(rule_set (selectors (placeholder (identifier) @name))) @placeholder
