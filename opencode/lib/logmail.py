"""Mail on a console without a mail server: printed to the log as plain text."""

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend


class LogEmailBackend(EmailBackend):
    def write_message(self, message: EmailMessage) -> None:
        """Long lines stay whole, so that links can be opened from the log."""
        head = f"From: {message.from_email}\nTo: {', '.join(message.to)}\nSubject: {message.subject}"
        self.stream.write(f"{'-' * 30} mail\n{head}\n\n{message.body}{'-' * 35}\n")
