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
)

pulumi.export("acquiredAt", token.acquired_at)
