; inherits: c
(class_interface . "@interface" . (identifier) @name) @class
(class_implementation . "@implementation" . (identifier) @name) @class
(protocol_declaration . "@protocol" . (identifier) @name) @protocol
(method_definition (identifier) @name) @method
; no class says what a protocol does; those of a class stand in its implementation
(protocol_declaration (method_declaration . (method_type) . (identifier) @name) @method)
(protocol_declaration (qualified_protocol_interface_declaration
  (method_declaration . (method_type) . (identifier) @name) @method))
