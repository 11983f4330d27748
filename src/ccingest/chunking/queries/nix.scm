(binding attrpath: (_) @name expression: (function_expression)) @function
(binding attrpath: (_) @name expression: [(attrset_expression) (rec_attrset_expression) (let_expression) (apply_expression)]) @attribute
