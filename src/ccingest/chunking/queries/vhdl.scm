(entity_declaration name: (_) @name) @entity
(architecture_body name: (_) @name entity: (_) @scope) @architecture
(package_declaration name: (_) @name) @package
(function_body designator: (_) @name) @function
(procedure_body designator: (_) @name) @function
(process_statement (label (identifier) @name)) @process
