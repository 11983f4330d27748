(defProc header: (declProc name: (_) @name)) @function
(declType name: (_) @name) @type
