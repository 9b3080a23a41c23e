#!/usr/bin/env python3
"""Operators' entry point; `manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    from django.core.management import execute_from_command_line

    from opencode.lib.setup import django_setup

    django_setup()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
