"""The S3_… variables as a Django storage."""

from typing import Any

from opencode.settings.sources.environment import Environment


def s3_storage(environment: Environment) -> dict[str, Any]:
    """S3, R2 or any compatible service; objects are private and never overwritten."""
    # Imported here: its dependencies are large and needed only with S3.
    from botocore.config import Config

    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": environment.S3_BUCKET,
            "endpoint_url": environment.S3_ENDPOINT_URL or None,
            "access_key": environment.S3_ACCESS_KEY_ID,
            "secret_key": environment.S3_SECRET_ACCESS_KEY,
            "region_name": environment.S3_REGION,
            "client_config": Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                # Not every service supports the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                # An unreachable service fails fast; the sweep tries again by itself.
                connect_timeout=3,
                read_timeout=20,
                retries={"total_max_attempts": 2},
            ),
            "file_overwrite": False,
            "querystring_auth": True,
        },
    }
