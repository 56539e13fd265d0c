import type { Command } from "./command.js";
import { programName, programOptions } from "./help.js";
import { type Option, visibleOptions } from "./options.js";

/** A shell that completes a command's words by a script that it has read. */
export interface Shell {
    readonly name: string;
    /** How a person makes it read the script: a sentence. */
    readonly use: string;
    script(commands: readonly Command[]): string;
}

/*
 * What each of them offers: after the program the commands, after a command its options and what its operand can be, after
 * an option that takes a value files or nothing. All of it is in the script: a Tab starts no process.
 */
export const shells: readonly Shell[] = [
    {
        name: "bash",
        use: `\`eval "$(${programName} completion bash)"\` in \`~/.bashrc\``,
        script: bash,
    },
    {
        name: "zsh",
        use: `\`source <(${programName} completion zsh)\` in \`~/.zshrc\`, after \`compinit\``,
        script: zsh,
    },
    {
        name: "fish",
        use: `\`${programName} completion fish | source\` in \`~/.config/fish/config.fish\``,
        script: fish,
    },
    {
        name: "powershell",
        use: `\`${programName} completion powershell | Out-String | Invoke-Expression\` in the file that \`$PROFILE\` names`,
        script: powershell,
    },
];

/** The words that a shell offers after a command. */
function wordsOf(command: Command): readonly string[] {
    return [...(command.operand?.choices ?? []), ...flagsOf(command).map(({ flag }) => flag)];
}

interface Flag {
    readonly flag: string;
    /** The other forms of the same option. */
    readonly others: readonly string[];
    readonly option: Option;
    /** What it does, cut where the details begin: there is one line for it. */
    readonly brief: string;
}

/** `--stack` and, where there is one, `-s`. */
function flagsOf({ options }: Command): readonly Flag[] {
    return visibleOptions(options).flatMap(([name, option]) => {
        const flags = option.short === undefined ? [`--${name}`] : [`--${name}`, `-${option.short}`];
        return flags.map((flag) => ({
            flag,
            others: flags.filter((other) => other !== flag),
            option,
            brief: briefly(option.meaning),
        }));
    });
}

const programFlags = programOptions.flatMap(([forms, meaning]) =>
    forms.split(", ").map((flag) => ({ flag, meaning: briefly(meaning) })),
);

function briefly(meaning: string): string {
    return (meaning.split(/[:;.] | \(/)[0] ?? meaning).replaceAll("`", "");
}

function valued(command: Command, offers: Option["offers"]): readonly string[] {
    return flagsOf(command)
        .filter(({ option }) => option.type === "string" && option.offers === offers)
        .map(({ flag }) => flag);
}

/** For bash from 3.2, which macOS has: no associative arrays, no `mapfile`. `=` is a word of its own in COMP_WORDS. */
function bash(commands: readonly Command[]): string {
    const first = [...commands.map(({ name }) => name), ...programFlags.map(({ flag }) => flag)];
    const cases = commands.flatMap((command) => {
        const [files, nothing] = [valued(command, "files"), valued(command, undefined)];
        const byPrevious = [
            ...(files.length === 0
                ? []
                : [
                      `                ${files.join("|")})`,
                      "                    local IFS=$'\\n'",
                      '                    COMPREPLY=($(compgen -f -- "$current"))',
                      "                    compopt -o filenames 2>/dev/null",
                      "                    return",
                      "                    ;;",
                  ]),
            ...(nothing.length === 0 ? [] : [`                ${nothing.join("|")}) return ;;`]),
        ];
        return [
            `        ${command.name})`,
            ...(byPrevious.length === 0 ? [] : ['            case "$previous" in', ...byPrevious, "            esac"]),
            `            words="${wordsOf(command).join(" ")}"`,
            "            ;;",
        ];
    });
    return lines([
        `# bash completion of ${programName}`,
        "_pulumi_entrasync() {",
        `    local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""`,
        "    COMPREPLY=()",
        '    if [[ "$current" == "=" ]]; then',
        '        current=""',
        '    elif [[ "$previous" == "=" ]]; then',
        `        previous="\${COMP_WORDS[COMP_CWORD-2]}"`,
        "    fi",
        "    if ((COMP_CWORD == 1)); then",
        `        COMPREPLY=($(compgen -W "${first.join(" ")}" -- "$current"))`,
        "        return",
        "    fi",
        `    case "\${COMP_WORDS[1]}" in`,
        ...cases,
        "    esac",
        '    COMPREPLY=($(compgen -W "$words" -- "$current"))',
        "}",
        `complete -F _pulumi_entrasync ${programName}`,
    ]);
}

function zsh(commands: readonly Command[]): string {
    const cases = commands.flatMap((command) => {
        const specs = [
            ...flagsOf(command).map(zshSpec),
            ...(command.operand === undefined
                ? []
                : [`1:${zshText(command.operand.name)}:(${command.operand.choices.join(" ")})`]),
        ];
        return [
            `        ${command.name})`,
            "            _arguments -s \\",
            ...specs.map((spec, index) => `                ${quoted(spec)}${index + 1 < specs.length ? " \\" : ""}`),
            "            ;;",
        ];
    });
    return lines([
        `#compdef ${programName}`,
        "_pulumi_entrasync() {",
        "    local -a commands",
        "    commands=(",
        ...commands.map(({ name, summary }) => `        ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`),
        "    )",
        "    if ((CURRENT == 2)); then",
        "        _describe -t commands command commands",
        "        _arguments \\",
        ...programFlags.map(
            ({ flag, meaning }, index) =>
                `            ${quoted(`${flag}[${zshText(meaning)}]`)}${index + 1 < programFlags.length ? " \\" : ""}`,
        ),
        "        return",
        "    fi",
        "    shift words",
        "    ((CURRENT--))",
        '    case "$words[1]" in',
        ...cases,
        "    esac",
        "}",
        // Read by `source`, or found in fpath by its first line.
        `if [[ "\${funcstack[1]}" == _pulumi* ]]; then`,
        '    _pulumi_entrasync "$@"',
        "else",
        `    compdef _pulumi_entrasync ${programName}`,
        "fi",
    ]);
}

/** One flag as `_arguments` wants it: not again after itself or its other form, unless it may be given again. */
function zshSpec({ flag, others, option, brief }: Flag): string {
    const { multiple, value, offers } = option;
    const again = multiple ? "*" : others.length === 0 ? "" : `(${[flag, ...others].join(" ")})`;
    const argument = value === undefined ? "" : `:${zshText(value)}:${offers === "files" ? "_files" : " "}`;
    return `${again}${flag}${value === undefined ? "" : "="}[${zshText(brief)}]${argument}`;
}

function zshText(text: string): string {
    return text.replaceAll(/[:[\]]/g, "\\$&");
}

function fish(commands: readonly Command[]): string {
    const first = `complete -c ${programName} -n 'test (count (commandline -opc)) -eq 1'`;
    return lines([
        `# fish completion of ${programName}`,
        `complete -c ${programName} -f`,
        ...programOptions.map(
            ([forms, meaning]) => `${first} ${fishForms(forms.split(", "))} -d ${fishQuoted(briefly(meaning))}`,
        ),
        ...commands.flatMap((command) => {
            const after = `complete -c ${programName} -n 'string match -q ${command.name} -- (commandline -opc)[2]'`;
            return [
                `${first} -a ${command.name} -d ${fishQuoted(command.summary)}`,
                ...(command.operand === undefined
                    ? []
                    : [`${after} -a ${fishQuoted(command.operand.choices.join(" "))}`]),
                ...visibleOptions(command.options).map(([name, { short, type, offers, meaning }]) => {
                    const forms = fishForms([...(short === undefined ? [] : [`-${short}`]), `--${name}`]);
                    const value = type === "boolean" ? "" : offers === "files" ? " -r -F" : " -x";
                    return `${after} ${forms}${value} -d ${fishQuoted(briefly(meaning))}`;
                }),
            ];
        }),
    ]);
}

function fishForms(flags: readonly string[]): string {
    return flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(" ");
}

function fishQuoted(text: string): string {
    return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}

/** For Windows PowerShell 5.1 and PowerShell 7. */
function powershell(commands: readonly Command[]): string {
    const entry = (text: string, meaning: string) =>
        `@{ Text = ${powershellQuoted(text)}; Meaning = ${powershellQuoted(meaning)} }`;
    const list = (entries: readonly string[], indent: string) => entries.map((one) => `${indent}${one}`);
    return lines([
        `# PowerShell completion of ${programName}`,
        `Register-ArgumentCompleter -Native -CommandName ${powershellQuoted(programName)} -ScriptBlock {`,
        "    param($wordToComplete, $commandAst, $cursorPosition)",
        "    $offered = @{",
        "        '' = @(",
        ...list(
            [
                ...commands.map(({ name, summary }) => entry(name, summary)),
                ...programFlags.map(({ flag, meaning }) => entry(flag, meaning)),
            ],
            "            ",
        ),
        "        )",
        ...commands.flatMap((command) => [
            `        ${powershellQuoted(command.name)} = @(`,
            ...list(
                [
                    ...(command.operand?.choices ?? []).map((choice) => entry(choice, choice)),
                    ...flagsOf(command).map(({ flag, brief }) => entry(flag, brief)),
                ],
                "            ",
            ),
            "        )",
        ]),
        "    }",
        "    $files = @(",
        ...valuedPairs(commands, "files"),
        "    )",
        "    $nothing = @(",
        ...valuedPairs(commands, undefined),
        "    )",
        "    $words = @($commandAst.CommandElements | ForEach-Object { $_.Extent.Text })",
        // What is being typed is an element already, unless it is still empty.
        "    $before = if ($wordToComplete -ne '') { @($words | Select-Object -SkipLast 1) } else { $words }",
        "    $command = if ($before.Count -gt 1) { $before[1] } else { '' }",
        '    $place = "$command $($before[-1])"',
        // Without an answer PowerShell completes files itself.
        "    if ($files -ccontains $place) { return }",
        "    if ($nothing -ccontains $place) { return '' }",
        "    $offered[$command] | Where-Object { $_.Text.StartsWith($wordToComplete) } | ForEach-Object {",
        "        [System.Management.Automation.CompletionResult]::new($_.Text, $_.Text, 'ParameterValue', $_.Meaning)",
        "    }",
        "}",
    ]);
}

function valuedPairs(commands: readonly Command[], offers: Option["offers"]): readonly string[] {
    return commands.flatMap((command) =>
        valued(command, offers).map((flag) => `        ${powershellQuoted(`${command.name} ${flag}`)}`),
    );
}

function powershellQuoted(text: string): string {
    return `'${text.replaceAll("'", "''")}'`;
}

/** For bash and zsh. */
function quoted(text: string): string {
    return `'${text.replaceAll("'", "'\\''")}'`;
}

function lines(all: readonly string[]): string {
    return `${all.join("\n")}\n`;
}
