"use strict";

/* What `@pulumi/pulumi/cmd/run-plugin` loads: the bundled plugin, which serves as soon as it is loaded. */
require("../dist/pulumi-resource-entrasync");
