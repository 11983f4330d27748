(keyframes_statement (keyframes_name) @name) @keyframes
