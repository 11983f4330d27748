; data "aws_ami" "web" {}: data.aws_ami.web
(body (block . (identifier) @scope @_keyword . (string_lit (template_literal) @scope)
  . (string_lit (template_literal) @name)) @block (#eq? @_keyword "data"))
; resource "aws_instance" "web" {}: aws_instance.web
(body (block . (identifier) . (string_lit (template_literal) @scope) . (string_lit (template_literal) @name)) @block)
(body (block . (identifier) @scope . (string_lit (template_literal) @name) . (block_start)) @block)
