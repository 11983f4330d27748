(section (title) @name "adornment" @kind) @definition
