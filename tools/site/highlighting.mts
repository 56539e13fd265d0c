// highlight.js: colours code while the site is built, so that a page needs no script; only the languages used are loaded.
import type { LanguageFn } from "highlight.js";
import highlighter from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import csharp from "highlight.js/lib/languages/csharp";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import powershell from "highlight.js/lib/languages/powershell";
import python from "highlight.js/lib/languages/python";
import typescript from "highlight.js/lib/languages/typescript";
import yaml from "highlight.js/lib/languages/yaml";
import { escapeHtml } from "./html.mts";

/** A shell's own commands are no more than any other, and a word such as `test` or `yes` is mostly an argument. */
const shell: LanguageFn = (hljs) => {
    const { keywords, ...grammar } = bash(hljs);
    return { ...grammar, keywords: { ...(typeof keywords === "object" ? keywords : {}), built_in: [] } };
};

const languages = { bash: shell, csharp, diff, go, ini, java, javascript, json, powershell, python, typescript, yaml };
for (const [name, language] of Object.entries(languages)) {
    highlighter.registerLanguage(name, language);
}
// HashiCorp's language of configuration, which highlight.js has no grammar for: strings, comments, names and literals.
highlighter.registerLanguage("hcl", (hljs) => ({
    name: "HCL",
    aliases: ["terraform", "tf"],
    keywords: { literal: "true false null" },
    contains: [
        hljs.COMMENT("#", "$"),
        hljs.COMMENT("//", "$"),
        hljs.COMMENT("/\\*", "\\*/"),
        hljs.QUOTE_STRING_MODE,
        hljs.NUMBER_MODE,
        { scope: "keyword", match: /^[a-z_]+(?=[ \t].*\{)/m },
        { scope: "attr", match: /^[ \t]+[a-z_]\w*(?=[ \t]*=)/m },
    ],
}));

/** What a command prints. */
export const printed = "text";

/** What is shown as it is. */
const plain = ["", printed];

/** Code as HTML. */
export function highlight(code: string, language: string): string {
    if (plain.includes(language)) {
        return escapeHtml(code);
    }
    if (highlighter.getLanguage(language) === undefined) {
        throw new Error(`no language for code is called ${language}`);
    }
    return highlighter.highlight(code, { language }).value;
}
