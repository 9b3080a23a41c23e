"""Forms of accounts, a module for each thing they are about. The settings name those that stand in for allauth's."""
