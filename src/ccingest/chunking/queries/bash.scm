(function_definition name: (_) @name) @function
; of Bats: @test "the name" {
(command name: (command_name) @_test . argument: [(string) (raw_string)] @name (#eq? @_test "@test")) @test
