(macro_statement (method) @name) @macro
(tag_statement (tag) @_tag (variable) @name (#eq? @_tag "block")) @block
