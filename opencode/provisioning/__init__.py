"""Sets a console up from a file: people, workspaces and what they have, declared once and kept so at every run."""

from opencode.provisioning.errors import ProvisionFailed
from opencode.provisioning.outcome import Outcome
from opencode.provisioning.running import provision_file

__all__ = ["Outcome", "ProvisionFailed", "provision_file"]
