"""The paths of the server, one module a family. They read a request and render what a use case returns."""
