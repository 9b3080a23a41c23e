"""Django app `steering`."""

from django.apps import AppConfig


class SteeringConfig(AppConfig):
    name = "steering"

    def ready(self) -> None:
        from steering.pages.controls import session_controls as controls
        from steering.selectors.asks import ask_keys_of_session, waiting_of_sessions
        from sync.ports import open_ask_keys, session_controls, waiting_sessions

        session_controls.bind(controls)
        open_ask_keys.bind(ask_keys_of_session)
        waiting_sessions.bind(waiting_of_sessions)
