package main

import (
	"github.com/pulumi-entrasync/pulumi-entrasync/sdk/go/entrasync"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cfg := config.New(ctx, "")
		token, err := entrasync.NewSynchronizationTokenAcquisition(ctx, "acme", &entrasync.SynchronizationTokenAcquisitionArgs{
			ServicePrincipalId: pulumi.String(cfg.Require("servicePrincipalId")),
			Credentials: pulumi.StringMap{
				"BaseAddress": pulumi.String("https://scim.acme.example/v2"),
				"SecretToken": cfg.RequireSecret("scimToken"),
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("acquiredAt", token.AcquiredAt)
		return nil
	})
}
