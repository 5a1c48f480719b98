import { linesOf } from '../read-text.ts';

export type Requirement = {
  readonly module: string;
  readonly version: string;
  readonly line: number;
  readonly isIndirect: boolean;
};

export type GoMod = {
  readonly requirements: readonly Requirement[];
  /** `module` or `module version` to what stands for it. */
  readonly replacements: ReadonlyMap<string, { readonly module: string; readonly version: string }>;
  readonly go: { readonly version: string; readonly line: number } | null;
  readonly toolchain: { readonly version: string; readonly line: number } | null;
  readonly brokenLines: readonly number[];
};

const directives = new Set([
  'module',
  'go',
  'toolchain',
  'require',
  'replace',
  'exclude',
  'retract',
  'godebug',
  'tool',
  'ignore',
]);
const brokenLinesMax = 20;

type Line = { readonly words: readonly string[]; readonly comment: string; readonly number: number };

/** The directives of a go.mod file; those in blocks read like single ones. */
export function parseGoMod(text: string): GoMod {
  const requirements: Requirement[] = [];
  const replacements = new Map<string, { module: string; version: string }>();
  const brokenLines: number[] = [];
  let go: GoMod['go'] = null;
  let toolchain: GoMod['toolchain'] = null;
  for (const { words, comment, number } of directiveLines(text, brokenLines)) {
    const [directive, first = '', second = ''] = words;
    if (directive === 'go') go = { version: first, line: number };
    else if (directive === 'toolchain') toolchain = { version: first, line: number };
    else if (directive === 'require') {
      requirements.push({
        module: first,
        version: second,
        line: number,
        isIndirect: /^\s*indirect\b/.test(comment),
      });
    } else if (directive === 'replace') addReplacement(words, replacements);
  }
  return { requirements, replacements, go, toolchain, brokenLines };
}

function* directiveLines(text: string, brokenLines: number[]): Generator<Line> {
  let block: string | null = null;
  for (const [index, raw] of linesOf(text).entries()) {
    const slashes = raw.indexOf('//');
    const comment = slashes < 0 ? '' : raw.slice(slashes + 2);
    const words = splitWords(slashes < 0 ? raw : raw.slice(0, slashes));
    const number = index + 1;
    if (words.length === 0) continue;
    if (block !== null) {
      if (words[0] === ')') block = null;
      else yield { words: [block, ...words], comment, number };
    } else if (!directives.has(words[0] ?? '')) {
      if (brokenLines.length < brokenLinesMax) brokenLines.push(number);
    } else if (words[1] === '(') block = words[0] ?? null;
    else yield { words, comment, number };
  }
}

function splitWords(text: string): readonly string[] {
  return text
    .replace(/[()]/g, ' $& ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => word.replace(/^["`]|["`]$/g, ''));
}

// `replace old v1 => new v2`; without a version on the left it holds for all.
function addReplacement(
  words: readonly string[],
  replacements: Map<string, { module: string; version: string }>,
): void {
  const arrow = words.indexOf('=>');
  if (arrow < 2) return;
  const key = words.slice(1, arrow).slice(0, 2).join(' ');
  replacements.set(key, { module: words[arrow + 1] ?? '', version: words[arrow + 2] ?? '' });
}
