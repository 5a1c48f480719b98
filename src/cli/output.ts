import { formatWithOptions } from 'node:util';

/** Where a command writes: results to stdout, everything else to stderr. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Columns of the terminal, between 60 and 200; 100 where the output is no terminal. */
export function terminalWidth(): number {
  return Math.max(60, Math.min(200, process.stdout.columns || Number(process.env.COLUMNS) || 100));
}

const colours = { red: 31, yellow: 33, blue: 34, magenta: 35, grey: 90, bold: 1, green: 32 } as const;
export type Colour = keyof typeof colours;

/** Colours text where the stream is a terminal and NO_COLOR is not set. */
export function colour(text: string, name: Colour, stream: NodeJS.WriteStream = process.stdout): string {
  if (!stream.isTTY || process.env.NO_COLOR) return text;
  return `\u001b[${colours[name]}m${text}\u001b[0m`;
}

export type Column = { readonly title: string; readonly min: number; readonly share: number };

/**
 * A table that fits the terminal: columns shrink by their share down to their minimum, and cut cells end in `…`.
 * `paint` colours a finished cell.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: (text: string, column: number, row: number) => string = (text) => text,
): string {
  const widths = fit(columns, rows, terminalWidth());
  const line = (cells: readonly string[], row: number) =>
    cells
      .map((cell, index) => {
        const text = cut(clean(cell), widths[index] ?? 0);
        const padded = index === cells.length - 1 ? text : text.padEnd(widths[index] ?? 0);
        return row < 0 ? colour(padded, 'bold') : paint(padded, index, row);
      })
      .join('  ')
      .trimEnd();
  return [
    line(
      columns.map(({ title }) => title),
      -1,
    ),
    ...rows.map(line),
  ].join('\n');
}

function fit(columns: readonly Column[], rows: readonly (readonly string[])[], total: number): number[] {
  const natural = columns.map(({ title }, index) =>
    rows.reduce((most, row) => Math.max(most, (row[index] ?? '').length), title.length),
  );
  let over = natural.reduce((sum, width) => sum + width, 0) + 2 * (columns.length - 1) - total;
  const widths = [...natural];
  while (over > 0) {
    const shrinkable = columns.map(({ min, share }, index) =>
      share > 0 ? Math.max(0, (widths[index] ?? 0) - min) : 0,
    );
    const widest = shrinkable.reduce(
      (best, room, index) => (room > (shrinkable[best] ?? 0) ? index : best),
      0,
    );
    if ((shrinkable[widest] ?? 0) === 0) break;
    const step = Math.min(over, Math.max(1, Math.floor((shrinkable[widest] ?? 0) / 4)));
    widths[widest] = (widths[widest] ?? 0) - step;
    over -= step;
  }
  return widths;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

// Names come from hostile files: no control character may reach the terminal.
function clean(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '�');
}

/** One line of progress that replaces itself on a terminal; on anything else, a line every few seconds. */
export function progressLine(label: string): { update(text: string): void; end(text: string): void } {
  const isTerminal = process.stderr.isTTY;
  let last = 0;
  const every = isTerminal ? 100 : 5000;
  return {
    update(text) {
      if (Date.now() - last < every) return;
      last = Date.now();
      if (isTerminal)
        process.stderr.write(`\r\u001b[2K${cut(`${label}: ${clean(text)}`, terminalWidth() - 1)}`);
      else say(`${label}: ${clean(text)}`);
    },
    end(text) {
      if (isTerminal) process.stderr.write('\r\u001b[2K');
      if (text) say(`${label}: ${clean(text)}`);
    },
  };
}

/** Bytes for people: `1.4 GB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = -1;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return formatWithOptions({ colors: false }, '%s %s', value.toFixed(value < 10 ? 1 : 0), units[unit]);
}
