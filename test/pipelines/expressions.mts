/**
 * The conditions of the three systems, as far as these files use them: literals, names, `variables['…']`, `==`, `!=`, `&&`,
 * `||` and function calls. Precedence is that of all three: comparison, then `&&`, then `||`.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/expressions
 * @see https://learn.microsoft.com/azure/devops/pipelines/process/expressions
 * @see https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions
 */
export type Value = string | boolean;

export interface Meaning {
    /** Of a name, or of what is asked of one with brackets; `""` where nothing has it, as in all three. */
    readonly lookUp: (name: string) => string;
    readonly functions?: Readonly<Record<string, (...given: readonly Value[]) => Value>>;
}

/** @throws Error for anything else than the above. */
export function evaluate(expression: string, { lookUp, functions = {} }: Meaning): Value {
    const tokens = tokensOf(expression);
    let position = 0;
    const peek = () => tokens[position];
    const next = () => tokens[position++];
    const expect = (token: string) => {
        if (next() !== token) {
            throw new Error(`${token} is missing: ${expression}`);
        }
    };
    const isLiteral = (token: string) => /^['"]/.test(token);

    function primary(): Value {
        const token = next();
        if (token === "(") {
            const inner = either();
            expect(")");
            return inner;
        }
        if (token === undefined || !(isLiteral(token) || /^[\w$]/.test(token))) {
            throw new Error(`something is missing: ${expression}`);
        }
        if (isLiteral(token)) {
            return token.slice(1, -1);
        }
        if (peek() === "(") {
            const call = functions[token];
            if (call === undefined) {
                throw new Error(`these tests do not know the function ${token}: ${expression}`);
            }
            next();
            const given: Value[] = [];
            while (peek() !== ")") {
                given.push(either());
                if (peek() === ",") {
                    next();
                }
            }
            next();
            return call(...given);
        }
        if (peek() === "[") {
            next();
            const name = next() ?? "";
            expect("]");
            return lookUp(`${token}.${name.slice(1, -1)}`);
        }
        return lookUp(token);
    }
    function comparison(): Value {
        const left = primary();
        if (peek() === "==" || peek() === "!=") {
            const isSame = next() === "==";
            return (left === primary()) === isSame;
        }
        return left;
    }
    function both(): Value {
        let value = comparison();
        while (peek() === "&&") {
            next();
            const right = comparison();
            value = Boolean(value) && Boolean(right);
        }
        return value;
    }
    function either(): Value {
        let value = both();
        while (peek() === "||") {
            next();
            const right = both();
            value = Boolean(value) || Boolean(right);
        }
        return value;
    }

    const value = either();
    if (position !== tokens.length) {
        throw new Error(`there is more than an expression: ${expression}`);
    }
    return value;
}

function tokensOf(expression: string): readonly string[] {
    const token = /\s*('[^']*'|"[^"]*"|[\w$.-]+|==|!=|&&|\|\||[()[\],])\s*/y;
    const tokens: string[] = [];
    while (token.lastIndex < expression.length) {
        const [, found] = token.exec(expression) ?? [];
        if (found === undefined) {
            throw new Error(`not an expression that these tests can read: ${expression}`);
        }
        tokens.push(found);
    }
    return tokens;
}
