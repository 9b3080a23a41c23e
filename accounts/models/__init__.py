"""Who you are, a module a noun."""

from accounts.models.owner_links import OwnerLink
from accounts.models.users import FoldedEmailField, User, UserManager, fold_email, new_user_id

__all__ = ["FoldedEmailField", "OwnerLink", "User", "UserManager", "fold_email", "new_user_id"]
