"""Why the gateway refuses.

An agent takes digits and certain words in a refusal for a reason to try again, so that no sentence here has any.
"""

from opencode.lib.errors import Conflict, FieldsInvalid, Forbidden, NotFound


class ProviderKeyRefused(FieldsInvalid):
    code = "provider_key_refused"
    default_message = "The provider refused this key, so it was not saved."


class ProviderUnreachable(FieldsInvalid):
    code = "provider_unreachable"
    default_message = "No provider answers at this address, so the key was not saved."


class ProviderAddressRefused(FieldsInvalid):
    code = "provider_address_refused"
    default_message = "The console cannot call this address."


class ProviderHeaderRefused(FieldsInvalid):
    code = "provider_header_refused"
    default_message = "A header is none that calls may carry."


class ProviderKindUnknown(FieldsInvalid):
    code = "provider_kind_unknown"
    default_message = "There is no such kind of provider."


class ProviderKeyMissing(FieldsInvalid):
    code = "provider_key_missing"
    default_message = "This provider needs a key."


class ProviderLimitReached(Conflict):
    code = "provider_limit_reached"
    default_message = "The workspace has as many provider keys as it can have; delete one first."


class ModelSlugTaken(FieldsInvalid):
    code = "model_slug_taken"
    default_message = "The workspace has a model of this name already."


class ModelLimitReached(Conflict):
    code = "model_limit_reached"
    default_message = "The workspace has as many models of its own as it can have; delete one first."


class ModelPriceMissing(FieldsInvalid):
    code = "model_price_missing"
    default_message = "No price list knows this model, so nobody could say what a call costs."


class ModelUnknown(NotFound):
    code = "model_unknown"
    default_message = "This workspace has no model of this name."


class ModelOff(Forbidden):
    code = "model_off"
    default_message = "This model is switched off for you in this workspace; an admin can switch it on."


class ProviderMissing(Forbidden):
    code = "provider_missing"
    default_message = "No provider here can serve this model; an admin can add a key on the page Providers."
