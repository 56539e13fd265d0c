package acme;

import com.pulumi.Pulumi;
import com.pulumi.core.Output;
import java.util.Map;

public final class App {
    public static void main(String[] args) {
        Pulumi.run(context -> {
            var config = context.config();

            var credentials = config.requireSecret("scimToken").applyValue(scimToken -> Map.of(
                    "BaseAddress", "https://scim.acme.example/v2",
                    "SecretToken", scimToken));

            var token = new SynchronizationTokenAcquisition(
                    "acme",
                    new SynchronizationTokenAcquisition.Args()
                            .servicePrincipalId(Output.of(config.require("servicePrincipalId")))
                            .credentials(credentials));

            context.export("acquiredAt", token.acquiredAt);
        });
    }
}
