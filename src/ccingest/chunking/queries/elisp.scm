(function_definition name: (_) @name) @function
(macro_definition name: (_) @name) @macro
(list . (symbol) @_keyword . [(symbol) @name (list . (symbol) @name)]
  (#any-of? @_keyword "cl-defstruct" "defclass")) @class
(list . (symbol) @_keyword . (symbol) @name (#eq? @_keyword "cl-defmacro")) @macro
(list . (symbol) @_keyword . (symbol) @name
  (#any-of? @_keyword "cl-defun" "cl-defsubst" "cl-defgeneric" "cl-defmethod" "iter-defun"
    "cl-iter-defun" "define-minor-mode" "define-derived-mode" "define-globalized-minor-mode"
    "define-global-minor-mode" "define-generic-mode" "define-compilation-mode" "define-inline"
    "define-advice" "define-skeleton" "ert-deftest" "defhydra" "transient-define-prefix"
    "transient-define-suffix" "transient-define-infix" "transient-define-argument")) @function
(source_file (list . (symbol) @_keyword . (symbol) @name
  (#any-of? @_keyword "defcustom" "defvar-local" "defvar-keymap" "defface" "defgroup")) @variable)
; without a value, it says that there is such a variable
(source_file (special_form ["defvar" "defconst"] . (symbol) @name . (_)) @variable)
