(bind function: (id) @name) @function
(bind . (id) @name (anonymous_function)) @function
(document (local_bind (bind . (id) @name) @variable))
(local_bind (local_bind (bind . (id) @name) @variable))
(field function: (fieldname (_) @name)) @function
(field (fieldname (_) @name) (anonymous_function)) @function
; what an object hides is for those that import it
(field . (fieldname (_) @name) . "::") @field
