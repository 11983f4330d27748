; TEST(Suite, name) { ... }, TYPED_TEST_P, BENCHMARK_F, ZEND_METHOD(Class, name)
(function_definition !type declarator: (function_declarator declarator: (identifier) @_macro
    parameters: (parameter_list . (parameter_declaration type: (_) @scope !declarator)
      . (parameter_declaration type: (_) @name !declarator) .))
  (#match? @_macro "^[A-Z][A-Z0-9_]*$") (#match? @_macro "TEST|BENCHMARK|FIXTURE|SCENARIO|METHOD")) @test
; BENCHMARK_F(Fixture, name)(State& state) { ... }, MACRO(name)(int a) { ... }
(function_definition !type declarator: (function_declarator declarator: (function_declarator
    declarator: (identifier) @_macro
    parameters: (parameter_list . (parameter_declaration type: (_) @scope !declarator)
      . (parameter_declaration type: (_) @name !declarator))))
  (#match? @_macro "^[A-Z][A-Z0-9_]*$")) @function
(function_definition !type declarator: (function_declarator declarator: (function_declarator
    declarator: (identifier) @_macro
    parameters: (parameter_list . (parameter_declaration type: (_) @name !declarator) .)))
  (#match? @_macro "^[A-Z][A-Z0-9_]*$")) @function
; TEST_CASE("name", "[tag]") { ... }
((expression_statement (call_expression function: (identifier) @_macro
    arguments: (argument_list . (string_literal (_) @name)))) . (compound_statement) @test
  (#match? @_macro "^[A-Z][A-Z0-9_]*$"))
; the same two in C, for which they are a call and a block; Test(suite, name) { ... } of Criterion
(translation_unit (expression_statement (call_expression function: (identifier) @_macro
    arguments: (argument_list . (identifier) @scope . (identifier) @name .))) . (compound_statement) @test
  (#match? @_macro "^[A-Z][A-Z0-9_]*$|^(Parameterized)?Test$")
  (#match? @_macro "TEST|Test|BENCHMARK|FIXTURE|SCENARIO|METHOD"))
; SYSCALL_DEFINE3(open, ...) { ... }
(translation_unit (expression_statement (call_expression function: (identifier) @_macro
    arguments: (argument_list . (identifier) @name))) . (compound_statement) @function
  (#match? @_macro "^[A-Z][A-Z0-9_]*$"))
; BOOST_AUTO_TEST_CASE(name) { ... }, PYBIND11_MODULE(name, m) { ... }
(function_definition !type declarator: (function_declarator declarator: (identifier) @_macro
    parameters: (parameter_list . (parameter_declaration type: (_) @name !declarator)))
  (#match? @_macro "^[A-Z][A-Z0-9_]*$")) @function
