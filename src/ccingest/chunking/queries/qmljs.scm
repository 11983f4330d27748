(class_declaration name: (_) @name) @class
(function_declaration name: (_) @name) @function
(generator_function_declaration name: (_) @name) @function
(method_definition name: (_) @name) @method
(ui_signal name: (_) @name) @signal
(ui_property name: (_) @name) @property
(ui_inline_component name: (_) @name) @class
(enum_declaration name: (_) @name) @enum
