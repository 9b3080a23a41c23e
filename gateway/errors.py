"""Why the gateway refuses.

An agent takes digits and certain words in a refusal for a reason to try again, so that no sentence here has any.
"""

from opencode.lib.errors import (
    Conflict,
    Denial,
    FieldsInvalid,
    Forbidden,
    NotFound,
    ServiceUnavailable,
    TooManyRequests,
)


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


class CallMalformed(Denial):
    code = "call_malformed"
    default_message = "The body of this call is not one that a model provider accepts."


class KeyInAddress(Denial):
    code = "key_in_address"
    default_message = "A key does not belong in an address, where logs keep it. Send it in a header."


class FeatureUnpriced(Denial):
    code = "feature_unpriced"
    default_message = "This call asks for something whose cost cannot be bounded beforehand, so it was not sent."


class CallRepeated(Denial):
    code = "call_repeated"
    default_message = "The same call was sent again and again within seconds, so it is not sent any more."


class PromptBlocked(Denial):
    code = "prompt_blocked"
    default_message = "The model's provider blocked this prompt."


class ProviderRefused(Denial):
    code = "provider_refused"
    default_message = "The model's provider did not accept this call."


class ContextExceeded(Denial):
    code = "context_exceeded"
    default_message = "The prompt exceeds the context length of this model."


class PriceMissing(Forbidden):
    code = "price_missing"
    default_message = "This model has no price yet, so it cannot be used. Ask your administrator."


class CallCeilingExceeded(Forbidden):
    code = "call_ceiling_exceeded"
    default_message = "This call could cost more than a single call to this model may."


class CredentialRefused(Forbidden):
    code = "provider_credential_refused"
    default_message = "The provider refused your workspace's own key. An admin can replace it on the Providers page."


class CallsTooMany(TooManyRequests):
    code = "calls_too_many"
    default_message = "Too many calls at once; wait a moment."


class ProviderBusy(TooManyRequests):
    code = "provider_busy"
    default_message = "The model's provider is busy; wait a moment."


class ProviderUnavailable(ServiceUnavailable):
    code = "provider_unavailable"
    default_message = "The model's provider cannot be reached right now; try again in a moment."


class GatewayFull(ServiceUnavailable):
    code = "gateway_full"
    default_message = "The server is serving as many model calls as it can; try again in a moment."


class SpoolUnwritable(ServiceUnavailable):
    code = "spool_unwritable"
    default_message = "The server cannot keep what calls cost right now, so none is sent."


class FormUnserved(Denial):
    code = "form_unserved"
    default_message = "This model is not called in this way here; the page Models says how."
