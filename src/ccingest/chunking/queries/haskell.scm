(declarations [
  (signature name: (_) @name) @function
  (function name: (_) @name) @function
  (function (infix operator: (_) @name)) @function
  (bind name: (_) @name) @function])
(class_declarations [(signature name: (_) @name) (function name: (_) @name) (bind name: (_) @name)] @method)
(instance_declarations [(function name: (_) @name) (bind name: (_) @name)] @method)
(data_type name: (_) @name) @type
(newtype name: (_) @name) @type
(type_synomym name: (_) @name) @type
(type_family name: (_) @name) @type
(class name: (_) @name) @class
(instance name: (_) @name) @instance
(pattern_synonym (equation synonym: [(constructor) @name (apply function: (constructor) @name)
  (apply function: (apply function: (constructor) @name))])) @function
(foreign_import (signature name: (_) @name)) @function
