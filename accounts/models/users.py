"""People, who sign in by e-mail."""

from typing import Any, ClassVar, Final

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id

NAME_CHARACTERS: Final = 120


def new_user_id() -> str:
    return new_id("usr")


def fold_email(email: str) -> str:
    """The form an address is stored and compared in, because the database compares bytes.

    Lower case, as allauth does: full case folding would make one account of two mailboxes (`straße@`, `strasse@`).
    """
    return email.strip().lower()


class FoldedEmailField(models.EmailField[str, str]):
    """Folds addresses when saving and looking up: `Foo@X.com` means `foo@x.com`."""

    def to_python(self, value: Any) -> Any:
        return _folded(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return _folded(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = _folded(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


def _folded(value: Any) -> Any:
    return fold_email(value) if isinstance(value, str) else value


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who may do everything. Its maker, an operator, vouches for the address: it counts as verified."""
        from allauth.account.models import EmailAddress

        with transaction.atomic():
            user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=username or "")


class User(AbstractBaseUser, PermissionsMixin):
    """A person. `email` is unique in its folded form, on every database: allauth's own rows do not guarantee that."""

    id = models.CharField(primary_key=True, max_length=30, default=new_user_id, editable=False)
    email = FoldedEmailField(unique=True)
    name = models.CharField(max_length=NAME_CHARACTERS, blank=True)
    is_staff = models.BooleanField(default=False)
    # An inactive person cannot sign in: they closed their account (`AccountDeletion`), or staff suspended them.
    is_active = models.BooleanField(default=True)
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)
    date_joined = models.DateTimeField(default=utc_now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        # Every sign-in page checks whether the console has an owner.
        indexes: ClassVar = [models.Index(fields=["is_superuser"], name="user_by_superuser")]
        permissions: ClassVar = [("suspend_user", "Can suspend people and let them in again")]

    def __str__(self) -> str:
        return self.email

    @property
    def display_name(self) -> str:
        return self.name or self.email.partition("@")[0]
