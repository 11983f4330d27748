(Decl (FnProto function: (_) @name)) @function
(Decl (VarDecl variable_type_function: (_) @name
  (ErrorUnionExpr (SuffixExpr (ContainerDecl (ContainerDeclType . _ @kind)))))) @definition
(source_file (Decl (VarDecl "const" variable_type_function: (_) @name)) @constant)
(TestDecl (STRINGLITERALSINGLE) @name) @test
