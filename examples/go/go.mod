module acme

go 1.25

require (
	github.com/pulumi-entrasync/pulumi-entrasync/sdk/go v0.0.0
	github.com/pulumi/pulumi/sdk/v3 v3.259.0
)

// Where `pulumi package add` puts the SDK that it generates.
replace github.com/pulumi-entrasync/pulumi-entrasync/sdk/go => ./sdks/entrasync
