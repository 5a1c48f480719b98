// How a command of the AWS CLI is asked for and held to its answer.

// biome-ignore lint/suspicious/noExplicitAny: answers are of every shape, and checked field by field
export type Answer = any;

/** What earlier commands made, by name. */
export type Known = Record<string, string>;

export type Command = {
  readonly name: string;
  readonly args: (known: Known) => readonly string[];
  /** Holds the answer against what was asked, and keeps what later commands need. */
  readonly check: (answer: Answer, known: Known) => void;
  /** Where the right answer is a refusal: its code. */
  readonly refused?: string;
};

export const json = (value: unknown) => JSON.stringify(value);

export function command(
  name: string,
  args: Command['args'],
  check: Command['check'] = () => {},
  refused?: string,
): Command {
  return { name, args, check, ...(refused === undefined ? {} : { refused }) };
}

export const none = () => [];
