"""A small mail server on loopback that keeps what it is given, or refuses as a test wants."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast


class MailServer(socketserver.ThreadingTCPServer):
    """`answer_to_recipient` is what it says to RCPT: `250 …` takes the mail."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answer_to_recipient = "250 known"
        self.mails: list[EmailMessage] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = cast(MailServer, self.server)
        answers = {"RCPT": server.answer_to_recipient, "DATA": "354 go on", "QUIT": "221 bye"}
        self._say("220 here")
        while line := self.rfile.readline():
            word = line[:4].decode().upper()
            self._say(answers.get(word, "250 fine"))
            if word == "DATA":
                server.mails.append(self._read_mail())
                self._say("250 taken")
            if word == "QUIT":
                return

    def _read_mail(self) -> EmailMessage:
        lines = iter(self.rfile.readline, b".\r\n")
        content = b"".join(re.sub(rb"^\.", b"", line) for line in lines)
        return cast(EmailMessage, message_from_bytes(content, policy=policy.default))

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
