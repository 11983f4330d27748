(module_declaration (module_header (simple_identifier) @name)) @module
(interface_declaration (interface_ansi_header (interface_identifier) @name)) @interface
(package_declaration (package_identifier) @name) @package
(class_declaration (class_identifier) @name) @class
(function_declaration (function_body_declaration (function_identifier) @name)) @function
(task_declaration (task_body_declaration (task_identifier) @name)) @function
