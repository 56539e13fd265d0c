using System.Collections.Generic;
using Acme;
using Pulumi;

return await Deployment.RunAsync(() =>
{
    var config = new Config();

    var token = new SynchronizationTokenAcquisition("acme", new SynchronizationTokenAcquisitionArgs
    {
        ServicePrincipalId = config.Require("servicePrincipalId"),
        Credentials = new InputMap<string>
        {
            { "BaseAddress", "https://scim.acme.example/v2" },
            { "SecretToken", config.RequireSecret("scimToken") },
        },
    });

    return new Dictionary<string, object?> { ["acquiredAt"] = token.AcquiredAt };
});
