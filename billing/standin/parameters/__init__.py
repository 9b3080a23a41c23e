"""What callers send: forms with brackets, held against the types of Stripe's own SDK."""

from billing.standin.parameters.checking import check
from billing.standin.parameters.forms import form_read
from billing.standin.parameters.types import parameters_of

__all__ = ["check", "form_read", "parameters_of"]
