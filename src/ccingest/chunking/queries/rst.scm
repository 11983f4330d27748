(section (title) @name) @section
