import { linesOf } from './read-text.ts';

/** One paragraph of a control file. */
export type Stanza = {
  /** First line of it, from 1. */
  readonly line: number;
  /** Field name in lower case to its value; lines that go on are joined with line ends. */
  readonly fields: ReadonlyMap<string, string>;
};

/**
 * The paragraphs of a control file. Lines that are no field are passed over, as a single broken line must not hide
 * the rest.
 * Source: https://www.debian.org/doc/debian-policy/ch-controlfields.html
 */
export function parseControl(text: string): readonly Stanza[] {
  const stanzas: Stanza[] = [];
  let fields = new Map<string, string>();
  let line = 1;
  let field = '';
  for (const [index, content] of linesOf(text).entries()) {
    if (content.trim() === '') {
      if (fields.size > 0) stanzas.push({ line, fields });
      fields = new Map();
      field = '';
      continue;
    }
    if (content.startsWith(' ') || content.startsWith('\t')) {
      if (field !== '') fields.set(field, `${fields.get(field) ?? ''}\n${content.trim()}`);
      continue;
    }
    const colon = content.indexOf(':');
    if (colon < 1) continue;
    if (fields.size === 0) line = index + 1;
    field = content.slice(0, colon).trim().toLowerCase();
    fields.set(field, content.slice(colon + 1).trim());
  }
  if (fields.size > 0) stanzas.push({ line, fields });
  return stanzas;
}

/** Whether a package's files lie on the disk, by the last word of its `Status` field. */
export type Presence = 'present' | 'absent' | 'unclear';

const present = new Set(['installed', 'unpacked', 'half-configured', 'triggers-awaited', 'triggers-pending']);
const absent = new Set(['not-installed', 'config-files']);

/**
 * What a state of a package means for its files.
 * Source: https://manpages.debian.org/stable/dpkg/dpkg.1.en.html#Package_states
 */
export function presenceOf(state: string): Presence {
  if (present.has(state)) return 'present';
  return absent.has(state) ? 'absent' : 'unclear';
}

/** The last word of the `Status` field, or null where there is none. */
export function stateOf(stanza: Stanza): string | null {
  return stanza.fields.get('status')?.split(/\s+/).at(-1) ?? null;
}
