"""One command of the command line a file; its name is the file's, and nothing lists it."""
