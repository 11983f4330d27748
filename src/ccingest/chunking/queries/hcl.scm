; resource "aws_instance" "web" {}: aws_instance.web
(body (block . (identifier) . (string_lit (template_literal) @scope) . (string_lit (template_literal) @name)) @block)
(body (block . (identifier) @scope . (string_lit (template_literal) @name) . (block_start)) @block)
