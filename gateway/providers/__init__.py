"""What is known of providers without asking anybody: their kinds, addresses, wire forms and SDKs. Pure."""

from gateway.providers.kinds import KINDS, Form, Kind, kind_of

__all__ = ["KINDS", "Form", "Kind", "kind_of"]
