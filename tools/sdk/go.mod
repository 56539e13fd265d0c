// Says where this module is; what it needs is written down once, in ../engine/modules/go.mod, which is given as -modfile.
module pulumi-entrasync/tools/sdk
