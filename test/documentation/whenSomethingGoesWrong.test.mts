import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as errors from "../../provider/core/errors.ts";
import { defaultTimeoutMs } from "../../provider/core/inputs.ts";
import { aFewTimes, resendTable } from "../../provider/core/resend.ts";
import { defaultReplicationTimeoutMs } from "../../provider/graph/client.ts";
import { sentCodesFolder } from "../../provider/graph/sentCodes.ts";
import { knownEntraErrors } from "../../provider/identity/entraErrors.ts";
import { table } from "../../tools/pages/table.mts";
import { expectMarked } from "../support/pages.mts";

/* The page and the code, held together. */

const file = new URL("../../docs/when-something-goes-wrong.md", import.meta.url);
const source = readFileSync(new URL("../../provider/core/errors.ts", import.meta.url), "utf8");

/** The codes as the classes have them: a class without one of its own is no error that anybody meets. */
const codes = [...source.matchAll(/^ {4}(?:override )?readonly code = "(\w+)";$/gm)].map(([, code]) => code ?? "");

const tables: Readonly<Record<string, string>> = {
    resend: table(
        ["what happened", "sent again", "with a one-time code", "because"],
        Object.values(resendTable).map(({ when, again, because }) => [when, again.plain, again.oneTimeCode, because]),
    ),
    entra: table(
        ["code", "what it means, and what to do"],
        Object.entries(knownEntraErrors).map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
};

test("its tables are the data's; UPDATE_DOCS=1 writes them", () => {
    expectMarked(file, tables);
});

test("it has each error code once, with what to do, and none that does not exist", () => {
    const classes = Object.values(errors).filter(
        (value) => typeof value === "function" && value.prototype instanceof errors.EntrasyncError,
    );
    const abstract = ["GraphAnsweredError"];
    expect(codes).toHaveLength(classes.length - abstract.length);
    const page = readFileSync(file, "utf8");
    const sections = page.split(/^#+ /m).filter((section) => section.startsWith("`"));
    expect(sections.map((section) => /^`(\w+)`\n/.exec(section)?.[1]).sort()).toEqual([...codes].sort());
    for (const section of sections) {
        // What it means and what state is; then, in a paragraph of its own, what to do.
        expect(section.trim().split("\n\n").length, section).toBeGreaterThan(2);
        expect(section.split("\n\n")[1] + section, section).toMatch(/[Ss]tate/);
    }
});

test("it names no other code anywhere", () => {
    const page = readFileSync(file, "utf8");
    const variables = ["HTTPS_PROXY", "NODE_EXTRA_CA_CERTS", "PULUMI_HOME"];
    const capitals = [...page.matchAll(/(?<![\w$])\$?[A-Z]+(?:_[A-Z]+)+(?!\w)/g)].map(([name]) =>
        name.replace("$", ""),
    );
    const inParentheses = [...page.matchAll(/\(([A-Z_]{3,})\)/g)].map(([, name]) => name ?? "");
    expect([...capitals, ...inParentheses].filter((name) => ![...codes, ...variables].includes(name))).toEqual([]);
});

test("its numbers and places are the code's", () => {
    const page = readFileSync(file, "utf8").replaceAll(/\s+/g, " ");
    expect(page).toContain(`"A few times" is ${aFewTimes} times in all`);
    expect(page).toContain(`waited for: ${defaultReplicationTimeoutMs / 60_000} minutes, unless`);
    expect(page).toContain(`The default is ${defaultTimeoutMs / 60_000} minutes each.`);
    expect(page).toContain(`\`${sentCodesFolder({ PULUMI_HOME: "$PULUMI_HOME" })}\``);
});

test("its links lead somewhere", () => {
    const page = readFileSync(file, "utf8");
    const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
        heading
            .toLowerCase()
            .replaceAll(/[^\w -]/g, "")
            .replaceAll(" ", "-"),
    );
    for (const [, link = ""] of page.matchAll(/\]\(([^)]+)\)/g)) {
        if (link.startsWith("#")) {
            expect(headings).toContain(link.slice(1));
        } else {
            expect(() => readFileSync(new URL(link, file))).not.toThrow();
        }
    }
});
