"""Why accounts refuses."""

from opencode.lib.errors import Conflict, NotFound


class OwnerLinkInvalid(NotFound):
    code = "owner_link_invalid"
    default_message = (
        "This link has been used, is older than a day, or was replaced when the server started again. "
        "The server prints a new one at its next start while the console has no owner."
    )


class EmailTaken(Conflict):
    code = "email_taken"
    default_message = "Somebody has signed up with this e-mail address already."
