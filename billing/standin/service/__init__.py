"""Answers a request of Stripe's API on a sandbox, without sockets: the same in tests and behind HTTP."""

from billing.standin.service.acting import perform
from billing.standin.service.answering import Answer, Request, answer

__all__ = ["Answer", "Request", "answer", "perform"]
