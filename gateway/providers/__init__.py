"""What is known of providers without asking anybody: their kinds, addresses, wire forms and SDKs. Pure."""

from gateway.providers.headers import HeaderRefused, headers_checked
from gateway.providers.kinds import KINDS, SDK_OF_FORM, Form, Kind, kind_of

__all__ = ["KINDS", "SDK_OF_FORM", "Form", "HeaderRefused", "Kind", "headers_checked", "kind_of"]
