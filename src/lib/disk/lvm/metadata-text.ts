import { insist } from '../disk-error.ts';

/** A section of LVM's metadata: names to numbers, texts, lists and sections. */
export type Section = ReadonlyMap<string, Value>;
export type Value = number | string | readonly (number | string)[] | Section;

const depthMax = 16;
const valuesMax = 1_000_000;

type Cursor = { readonly text: string; at: number; values: number };

/**
 * The text format in which LVM keeps a volume group. Throws `malformed` for text that is not in it.
 * Source: https://man7.org/linux/man-pages/man5/lvm.conf.5.html ("Syntax")
 */
export function parseMetadataText(text: string): Section {
  const cursor = { text, at: 0, values: 0 };
  const section = readSection(cursor, 0);
  insist(cursor.at >= text.length, 'the metadata has a brace too many');
  return section;
}

/** A section of a name within a section, or an empty one. */
export function sectionIn(section: Section, name: string): Section {
  const value = section.get(name);
  return value instanceof Map ? value : new Map();
}

/** A whole number of a name, not negative. Throws `malformed` where there is none. */
export function numberIn(section: Section, name: string): number {
  const value = section.get(name);
  insist(
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
    `the metadata has no ${name}`,
  );
  return value;
}

/** A text of a name, or an empty one. */
export function textIn(section: Section, name: string): string {
  const value = section.get(name);
  return typeof value === 'string' ? value : '';
}

/** A list of a name, or an empty one. */
export function listIn(section: Section, name: string): readonly (number | string)[] {
  const value = section.get(name);
  return Array.isArray(value) ? value : [];
}

function readSection(cursor: Cursor, depth: number): Map<string, Value> {
  insist(depth <= depthMax, 'the metadata is nested too deep');
  const section = new Map<string, Value>();
  while (true) {
    skipBlank(cursor);
    const next = cursor.text[cursor.at];
    if (next === undefined || next === '}') return section;
    const name = readName(cursor);
    skipBlank(cursor);
    const sign = cursor.text[cursor.at++];
    insist(++cursor.values <= valuesMax, 'the metadata has too many values');
    if (sign === '{') {
      section.set(name, readSection(cursor, depth + 1));
      insist(cursor.text[cursor.at++] === '}', 'the metadata ends in the middle of a section');
    } else {
      insist(sign === '=', `the metadata has neither value nor section for ${name}`);
      skipBlank(cursor);
      section.set(name, cursor.text[cursor.at] === '[' ? readList(cursor) : readScalar(cursor));
    }
  }
}

function readList(cursor: Cursor): (number | string)[] {
  cursor.at++;
  const values: (number | string)[] = [];
  while (true) {
    skipBlank(cursor);
    const next = cursor.text[cursor.at];
    if (next === ']' || next === ',') {
      cursor.at++;
      if (next === ']') return values;
    } else {
      insist(++cursor.values <= valuesMax, 'the metadata has too many values');
      values.push(readScalar(cursor));
    }
  }
}

function readScalar(cursor: Cursor): number | string {
  if (cursor.text[cursor.at] === '"') return readQuoted(cursor);
  const start = cursor.at;
  while (cursor.at < cursor.text.length && /[0-9+\-.]/.test(cursor.text[cursor.at] as string)) cursor.at++;
  const number = Number(cursor.text.slice(start, cursor.at));
  insist(
    cursor.at > start && Number.isFinite(number),
    'the metadata has a value that is neither number nor text',
  );
  return number;
}

function readQuoted(cursor: Cursor): string {
  const parts: string[] = [];
  cursor.at++;
  for (let start = cursor.at; ; cursor.at++) {
    const character = cursor.text[cursor.at];
    insist(character !== undefined, 'the metadata ends in the middle of a text');
    if (character !== '"' && character !== '\\') continue;
    parts.push(cursor.text.slice(start, cursor.at));
    if (character === '"') break;
    cursor.at++;
    start = cursor.at;
  }
  cursor.at++;
  return parts.join('');
}

function readName(cursor: Cursor): string {
  const start = cursor.at;
  while (cursor.at < cursor.text.length && /[A-Za-z0-9_.+/#-]/.test(cursor.text[cursor.at] as string))
    cursor.at++;
  insist(cursor.at > start, 'the metadata has a name that cannot be');
  return cursor.text.slice(start, cursor.at);
}

function skipBlank(cursor: Cursor): void {
  for (; cursor.at < cursor.text.length; cursor.at++) {
    const character = cursor.text[cursor.at];
    if (character === '#') {
      const end = cursor.text.indexOf('\n', cursor.at);
      cursor.at = end < 0 ? cursor.text.length - 1 : end;
    } else if (character !== ' ' && character !== '\n' && character !== '\t' && character !== '\r') return;
  }
}
