"""The pages of the desk, a module for each subject: its routes, and the functions that they lead to."""
