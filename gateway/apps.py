"""Django app `gateway`."""

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "gateway"

    def ready(self) -> None:
        from gateway import receivers  # noqa: F401 - connects them
        from gateway.selectors.offered import agent_models
        from gateway.services.erasure import workspace_models_erase
        from workspaces import ports

        ports.agent_models.bind(agent_models)
        ports.workspace_models_erase.bind(workspace_models_erase)
