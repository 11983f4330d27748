(rule (targets . (word) @name)) @target
(define_directive name: (_) @name) @macro
