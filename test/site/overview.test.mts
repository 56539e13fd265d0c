import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { startPage } from "../../tools/site/navigation.mts";
import { withOverview } from "../../tools/site/overview.mts";

const file = join(repositoryRoot, startPage);

test("the start page lists every page of the navigation; UPDATE_DOCS=1 writes the list", () => {
    if (process.env.UPDATE_DOCS === "1") {
        writeFileSync(file, withOverview(readFileSync(file, "utf8")));
    }
    const written = readFileSync(file, "utf8");
    expect(written).toBe(withOverview(written));
});
