"""Django app `gateway`."""

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "gateway"

    def ready(self) -> None:
        from billing.ports import call_facts as call_facts_port
        from gateway import receivers  # noqa: F401 - connects them
        from gateway.selectors.calls import call_facts
        from gateway.selectors.offered import agent_models
        from gateway.services.erasure import workspace_models_erase
        from workspaces import ports

        ports.agent_models.bind(agent_models)
        ports.workspace_models_erase.bind(workspace_models_erase)
        call_facts_port.bind(call_facts)
