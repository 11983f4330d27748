(table (bare_key) @name) @table
(table (dotted_key) @name) @table
(table_array_element (bare_key) @name) @table
(table_array_element (dotted_key) @name) @table
