package acme;

import com.pulumi.core.Alias;
import com.pulumi.core.Output;
import com.pulumi.core.annotations.Export;
import com.pulumi.core.annotations.Import;
import com.pulumi.core.annotations.ResourceType;
import com.pulumi.resources.CustomResource;
import com.pulumi.resources.CustomResourceOptions;
import com.pulumi.resources.ResourceArgs;
import java.util.Map;

/**
 * The plugin's resource, as much of it as this program needs. `pulumi package add` generates all of it, into the package
 * io.pulumientrasync.entrasync.
 */
@ResourceType(type = "entrasync:index:SynchronizationTokenAcquisition")
public final class SynchronizationTokenAcquisition extends CustomResource {
    /** When Graph last accepted the credentials: an ISO 8601 instant in UTC. */
    @Export(name = "acquiredAt", refs = {String.class}, tree = "[0]")
    public Output<String> acquiredAt;

    /** For each credential's key a keyed hash of its value. */
    @Export(name = "credentialHashes", refs = {Map.class, String.class}, tree = "[0,1,1]")
    public Output<Map<String, String>> credentialHashes;

    public SynchronizationTokenAcquisition(String name, Args args) {
        super("entrasync:index:SynchronizationTokenAcquisition", name, args, options());
    }

    private static CustomResourceOptions options() {
        var dynamic = Alias.builder()
                .type("pulumi-nodejs:dynamic/entrasync:SynchronizationTokenAcquisition")
                .build();
        return CustomResourceOptions.builder().aliases(dynamic).build();
    }

    public static final class Args extends ResourceArgs {
        @Import(name = "servicePrincipalId")
        private Output<String> servicePrincipalId;

        @Import(name = "applicationId")
        private Output<String> applicationId;

        @Import(name = "credentials", required = true)
        private Output<Map<String, String>> credentials;

        @Import(name = "triggers")
        private Output<Object> triggers;

        public Args servicePrincipalId(Output<String> value) {
            servicePrincipalId = value;
            return this;
        }

        public Args applicationId(Output<String> value) {
            applicationId = value;
            return this;
        }

        /** Always secret, whether or not it is marked. */
        public Args credentials(Output<Map<String, String>> value) {
            credentials = value.asSecret();
            return this;
        }

        public Args triggers(Output<Object> value) {
            triggers = value;
            return this;
        }
    }
}
