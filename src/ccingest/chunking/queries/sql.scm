(create_table (object_reference name: (_) @name)) @table
(create_view (object_reference name: (_) @name)) @view
(create_function . (keyword_create) (object_reference name: (_) @name)) @function
(create_trigger . (keyword_create) . (keyword_trigger) . (object_reference name: (_) @name)) @trigger
(create_type (object_reference name: (_) @name)) @type
(create_index column: (_) @name) @index
(create_schema . (keyword_create) . (keyword_schema) . (identifier) @name) @schema
(create_schema (keyword_exists) . (identifier) @name) @schema
(create_sequence (object_reference name: (_) @name)) @sequence
