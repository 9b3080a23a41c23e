"""The field of forms that give somebody a role."""

from typing import Final

from django import forms

from workspaces.roles import ADMIN, MEMBER, OWNER, can_manage

WORDS: Final = {
    MEMBER: "sessions, and keys of their own",
    ADMIN: "everything of a member, plus people, all keys and limits",
    OWNER: "everything, plus billing, transfer and deletion",
}


class RoleField(forms.ChoiceField):
    """The roles that a member with `by_role` may give, each with what it means."""

    def __init__(self, by_role: str) -> None:
        given = [role for role in (MEMBER, ADMIN, OWNER) if can_manage(by_role, role)]
        choices = [(role, f"{role.capitalize()}: {WORDS[role]}") for role in given]
        super().__init__(label="Role", choices=choices, initial=MEMBER, widget=forms.RadioSelect)
