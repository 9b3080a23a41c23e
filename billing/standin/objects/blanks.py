"""What is the same in every new object of a kind: fields that are null, empty or fixed in a sandbox."""

from copy import deepcopy
from typing import Final

from billing.standin.sandbox import Object


def blank(kind: str) -> Object:
    """A new object's fixed part, the caller's own to change."""
    return {"object": kind, "livemode": False, **dict.fromkeys(NULL[kind].split()), **deepcopy(FIXED[kind])}


# Names, separated by spaces.
NULL: Final[dict[str, str]] = {
    "charge": (
        "application application_fee application_fee_amount balance_transaction failure_balance_transaction "
        "on_behalf_of receipt_number review source_transfer statement_descriptor_suffix transfer_data transfer_group"
    ),
    "checkout.session": (
        "adaptive_pricing after_expiration collected_information consent consent_collection currency_conversion "
        "customer_account customer_details invoice managed_payments optional_items origin_context payment_intent "
        "payment_link payment_method_configuration_details permissions recovered_from setup_intent "
        "shipping_address_collection shipping_cost submit_type subscription wallet_options"
    ),
    "invoice": (
        "account_tax_ids application automatically_finalizes_at custom_fields customer_account default_source "
        "effective_at ending_balance from_invoice hosted_invoice_url invoice_pdf last_finalization_error "
        "latest_revision next_payment_attempt number on_behalf_of parent receipt_number rendering shipping_cost "
        "shipping_details statement_descriptor webhooks_delivered_at"
    ),
    "invoiceitem": "invoice test_clock",
    "payment_intent": (
        "application application_fee_amount canceled_at cancellation_reason last_payment_error latest_charge "
        "next_action on_behalf_of payment_method processing review transfer_data"
    ),
    "subscription": (
        "application application_fee_percent billing_cycle_anchor_config billing_thresholds canceled_at "
        "customer_account default_payment_method default_source ended_at latest_invoice "
        "next_pending_invoice_item_invoice on_behalf_of pause_collection pending_invoice_item_interval "
        "pending_setup_intent pending_update schedule transfer_data"
    ),
}
ZERO: Final = (
    "amount_due amount_overpaid amount_paid amount_paid_off_stripe amount_remaining amount_shipping attempt_count "
    "post_payment_credit_notes_amount pre_payment_credit_notes_amount starting_balance subtotal "
    "subtotal_excluding_tax total total_excluding_tax"
)
FIXED: Final[dict[str, Object]] = {
    "charge": {
        "amount_refunded": 0,
        "calculated_statement_descriptor": "TEST PAYMENTS",
        "disputed": False,
        "fraud_details": {},
        "refunded": False,
    },
    "checkout.session": {
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "discounts": [],
        "payment_method_options": {},
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "ui_mode": "hosted_page",
        "_discounts": [],
    },
    "invoice": {
        **dict.fromkeys(ZERO.split(), 0),
        "account_country": "US",
        "account_name": "Test payments",
        "attempted": False,
        "default_tax_rates": [],
        "issuer": {"type": "self"},
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
        "threshold_reason": {"amount_gte": None, "item_reasons": []},
        "total_discount_amounts": [],
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    },
    "invoiceitem": {
        "discounts": [],
        "metadata": {},
        "proration_details": {"discount_amounts": [], "credited_items": None},
        "tax_rates": [],
    },
    "payment_intent": {
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "payment_method_options": {},
        "status": "requires_payment_method",
    },
    "subscription": {"billing_schedules": [], "currency": "usd", "default_tax_rates": [], "discounts": [], "items": {}},
}
