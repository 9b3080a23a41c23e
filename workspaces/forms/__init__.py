"""Forms of the workspace pages, a module for each subject."""
