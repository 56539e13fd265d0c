import pulumi
from pulumi_entrasync import SynchronizationTokenAcquisition

config = pulumi.Config()

token = SynchronizationTokenAcquisition(
    "acme",
    service_principal_id=config.require("servicePrincipalId"),
    credentials={
        "BaseAddress": "https://scim.acme.example/v2",
        "SecretToken": config.require_secret("scimToken"),
    },
    triggers={"revoked": "2026-11-01"},
)

pulumi.export("acquiredAt", token.acquired_at)
