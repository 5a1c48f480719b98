import { linesOf } from '../read-text.ts';

export type YarnEntry = {
  /** What the project and its packages ask for, all answered by this entry. */
  readonly specifiers: readonly string[];
  readonly fields: ReadonlyMap<string, string>;
  readonly line: number;
};

/**
 * The entries of a lock file of Yarn 1: a line of specifiers that ends in a colon, then fields two spaces in.
 * Source: https://classic.yarnpkg.com/en/docs/yarn-lock
 */
export function parseYarnClassic(text: string): readonly YarnEntry[] {
  const entries: YarnEntry[] = [];
  let fields: Map<string, string> | null = null;
  for (const [index, line] of linesOf(text).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    if (!line.startsWith(' ')) {
      fields = new Map();
      if (line.endsWith(':'))
        entries.push({ specifiers: splitSpecifiers(line.slice(0, -1)), fields, line: index + 1 });
      continue;
    }
    const found = /^ {2}"?(\w+)"? (.+)$/.exec(line);
    if (found?.[1] !== undefined && found[2] !== undefined) fields?.set(found[1], unquote(found[2].trim()));
  }
  return entries;
}

function splitSpecifiers(text: string): readonly string[] {
  return text.split(', ').map((part) => unquote(part.trim()));
}

function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
