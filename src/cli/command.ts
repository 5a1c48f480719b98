import { type ParseArgsConfig, parseArgs } from 'node:util';

/** One subcommand: a thin shell over the parts that do the work. */
export type Command = {
  readonly name: string;
  /** One line for the overview. */
  readonly summary: string;
  /** What stands after the command's name, one line per form. */
  readonly usage: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  readonly examples: readonly string[];
  run(input: CommandInput): Promise<number>;
};

export type Option = {
  readonly kind: 'flag' | 'value' | 'values';
  /** The word for the value in help: FILE, DIR, N. */
  readonly word?: string;
  readonly help: string;
};

export type CommandInput = {
  readonly positionals: readonly string[];
  readonly flag: (name: string) => boolean;
  readonly value: (name: string) => string | null;
  readonly values: (name: string) => readonly string[];
};

/** 0 done, 1 the policy said no, 2 wrong usage, 3 could not scan (or not all). */
export const exitCode = { done: 0, refused: 1, usage: 2, incomplete: 3 } as const;

/** What the user got wrong. Printed without a stack; exit code 2. */
export class UsageError extends Error {}

/** Parses the arguments of one command by its own options. Throws a UsageError. */
export function parseCommand(command: Command, args: readonly string[]): CommandInput {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, option] of Object.entries(command.options)) {
    options[name] =
      option.kind === 'flag' ? { type: 'boolean' } : { type: 'string', multiple: option.kind === 'values' };
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    });
    return {
      positionals,
      flag: (name) => values[name] === true,
      value: (name) => (typeof values[name] === 'string' ? values[name] : null),
      values: (name) => (Array.isArray(values[name]) ? values[name].map(String) : []),
    };
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).split('. To specify')[0];
    throw new UsageError(`${why}\nTry 'openinspector ${command.name} --help'.`);
  }
}

/** The help text of one command, wrapped to a terminal. */
export function helpOf(command: Command): string {
  const lines = [command.summary, '', 'Usage:'];
  for (const form of command.usage) lines.push(`  openinspector ${command.name}${form ? ` ${form}` : ''}`);
  const entries = Object.entries(command.options).map(
    ([name, option]) =>
      [`--${name}${option.kind === 'flag' ? '' : ` ${option.word ?? 'VALUE'}`}`, option.help] as const,
  );
  if (entries.length > 0) lines.push('', 'Options:', ...twoColumns(entries));
  if (command.examples.length > 0)
    lines.push('', 'Examples:', ...command.examples.map((example) => `  ${example}`));
  return `${lines.join('\n')}\n`;
}

/** Two aligned columns, the second wrapped at 78 characters. */
export function twoColumns(entries: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(28, Math.max(...entries.map(([left]) => left.length)) + 2);
  const lines: string[] = [];
  for (const [left, right] of entries) {
    const wrapped = wrap(right, 76 - width);
    lines.push(
      `  ${left.padEnd(width)}${left.length >= width ? `\n  ${' '.repeat(width)}` : ''}${wrapped[0] ?? ''}`,
    );
    for (const line of wrapped.slice(1)) lines.push(`  ${' '.repeat(width)}${line}`);
  }
  return lines;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}
