"""What a user of Microsoft's Graph SDK for Python writes. The task comes on standard input, what came of it goes to the output."""

import asyncio
import json
import os
import sys
from urllib.parse import urlsplit

from azure.identity import ClientSecretCredential
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.synchronization_secret import SynchronizationSecret
from msgraph.generated.models.synchronization_secret_key_string_value_pair import SynchronizationSecretKeyStringValuePair
from msgraph.generated.service_principals.item.synchronization.acquire_access_token.acquire_access_token_post_request_body import (
    AcquireAccessTokenPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.jobs.validate_credentials.validate_credentials_post_request_body import (
    ValidateCredentialsPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.secrets.secrets_put_response import SecretsPutResponse


def credentials(*pairs):
    return AcquireAccessTokenPostRequestBody(
        credentials=[SynchronizationSecretKeyStringValuePair(key=key, value=value) for key, value in pairs]
    )


async def main():
    task = json.load(sys.stdin)
    url = task["url"]
    credential = ClientSecretCredential(
        os.environ["ARM_TENANT_ID"],
        os.environ["ARM_CLIENT_ID"],
        os.environ["ARM_CLIENT_SECRET"],
        authority=url,
        disable_instance_discovery=True,
    )
    # The SDK hands its token to Microsoft's hosts, or to these instead.
    provider = AzureIdentityAuthenticationProvider(
        credential, scopes=[f"{url}/.default"], allowed_hosts=[urlsplit(url).netloc, urlsplit(url).hostname]
    )
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = f"{url}/v1.0"
    graph = GraphServiceClient(request_adapter=adapter)
    synchronization = graph.service_principals.by_service_principal_id(task["servicePrincipalId"]).synchronization

    await synchronization.acquire_access_token.post(
        credentials(
            (SynchronizationSecret.BaseAddress, "https://scim.acme.example/v2"),
            (SynchronizationSecret.UserName, "entra"),
            (SynchronizationSecret.SecretToken, "sentinel-token"),
        )
    )

    # Graph has it, the SDK has no method for it: the same path and the same model, with another verb.
    secrets = synchronization.secrets
    look = RequestInformation(Method.GET, secrets.url_template, secrets.path_parameters)
    look.headers.try_add("Accept", "application/json")
    shown = await adapter.send_async(look, SecretsPutResponse, {"XXX": ODataError})

    await synchronization.jobs.validate_credentials.post(
        ValidateCredentialsPostRequestBody(template_id="scim", use_saved_credentials=True)
    )

    refused = None
    try:
        # The same key twice.
        await synchronization.acquire_access_token.post(
            credentials(
                (SynchronizationSecret.SecretToken, "sentinel-one"),
                (SynchronizationSecret.SecretToken, "sentinel-other"),
            )
        )
    except ODataError as error:
        refused = {
            "status": error.response_status_code,
            "code": error.error.code,
            "requestId": error.error.inner_error.request_id,
        }

    print(
        json.dumps(
            {
                "acquired": "accepted",
                "secrets": {pair.key.value: pair.value for pair in shown.value},
                "validated": "accepted",
                "refused": refused,
            }
        )
    )


asyncio.run(main())
