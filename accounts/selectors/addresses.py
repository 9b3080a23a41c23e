"""Which e-mail addresses are a person's."""

from allauth.account.models import EmailAddress

from accounts.models import User, fold_email


def verified_addresses(user: User) -> frozenset[str]:
    """The addresses the person has proved to be theirs, folded."""
    found = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return frozenset(map(fold_email, found))
