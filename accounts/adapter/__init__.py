"""allauth's hooks, a module for each of its apps. The settings name them (`opencode/settings/people.py`)."""
