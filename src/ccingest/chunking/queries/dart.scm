(class_definition name: (_) @name) @class
(mixin_declaration (identifier) @name) @mixin
(enum_declaration name: (_) @name) @enum
(extension_declaration name: (_) @name) @extension
(function_signature name: (_) @name) @function
