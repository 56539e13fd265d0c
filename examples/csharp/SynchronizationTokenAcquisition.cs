using System.Collections.Immutable;
using Pulumi;

namespace Acme;

/// <summary>
/// The plugin's resource, as much of it as this program needs. <c>pulumi package add</c> generates all of it, into the
/// namespace PulumiEntrasync.Entrasync.
/// </summary>
[ResourceType("entrasync:index:SynchronizationTokenAcquisition", null)]
public sealed class SynchronizationTokenAcquisition : CustomResource
{
    /// <summary>When Graph last accepted the credentials: an ISO 8601 instant in UTC.</summary>
    [Output("acquiredAt")]
    public Output<string> AcquiredAt { get; private set; } = null!;

    /// <summary>For each credential's key a keyed hash of its value.</summary>
    [Output("credentialHashes")]
    public Output<ImmutableDictionary<string, string>> CredentialHashes { get; private set; } = null!;

    public SynchronizationTokenAcquisition(string name, SynchronizationTokenAcquisitionArgs args)
        : base("entrasync:index:SynchronizationTokenAcquisition", name, args, Options())
    {
    }

    private static CustomResourceOptions Options() => new()
    {
        Aliases = { new Alias { Type = "pulumi-nodejs:dynamic/entrasync:SynchronizationTokenAcquisition" } },
    };
}

public sealed class SynchronizationTokenAcquisitionArgs : ResourceArgs
{
    [Input("servicePrincipalId")]
    public Input<string>? ServicePrincipalId { get; set; }

    [Input("applicationId")]
    public Input<string>? ApplicationId { get; set; }

    private InputMap<string>? _credentials;

    /// <summary>Always secret, whether or not it is marked.</summary>
    [Input("credentials", required: true)]
    public InputMap<string> Credentials
    {
        get => _credentials ??= new InputMap<string>();
        set
        {
            var empty = Output.CreateSecret(ImmutableDictionary.Create<string, string>());
            _credentials = Output.All(value, empty).Apply(values => values[0]);
        }
    }

    [Input("triggers")]
    public Input<object>? Triggers { get; set; }
}
