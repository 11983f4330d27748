; inherits: c
(class_interface . "@interface" . (identifier) @name) @class
(class_implementation . "@implementation" . (identifier) @name) @class
(protocol_declaration . "@protocol" . (identifier) @name) @protocol
(method_definition (identifier) @name) @method
