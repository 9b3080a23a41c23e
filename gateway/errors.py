"""Why the gateway refuses.

An agent takes digits and certain words in a refusal for a reason to try again, so that no sentence here has any.
"""

from opencode.lib.errors import Forbidden, NotFound


class ModelUnknown(NotFound):
    code = "model_unknown"
    default_message = "This workspace has no model of this name."


class ModelOff(Forbidden):
    code = "model_off"
    default_message = "This model is switched off for you in this workspace; an admin can switch it on."


class ProviderMissing(Forbidden):
    code = "provider_missing"
    default_message = "No provider here can serve this model; an admin can add a key on the page Providers."
