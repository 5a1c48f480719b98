import { cvesIn } from '../records.ts';

/** Most entries of one changelog that are looked at; the longest that are known have some two thousand. */
export const changelogEntriesMax = 20_000;

/** Longest line that is looked at, in characters. */
const lineLengthMax = 10_000;

/** One entry of a Debian changelog. */
export type ChangelogEntry = {
  readonly source: string;
  readonly version: string;
  /** The flaws that it names, each once. */
  readonly cves: readonly string[];
  /** The date of its trailer as it is written, or null. */
  readonly date: string | null;
};

/**
 * The entries of a changelog, the newest first as they are written. Lines outside of entries are passed over.
 * `isWhole` is false when there are more than `changelogEntriesMax`.
 * Source: https://www.debian.org/doc/debian-policy/ch-source.html#debian-changelog-debian-changelog
 */
export function parseChangelog(text: string): {
  readonly entries: readonly ChangelogEntry[];
  readonly isWhole: boolean;
} {
  const entries: Draft[] = [];
  for (const line of linesOf(text)) {
    const head = headOf(line);
    if (head !== null) {
      if (entries.length >= changelogEntriesMax) return { entries: entries.map(finished), isWhole: false };
      entries.push(head);
    } else {
      const entry = entries.at(-1);
      if (entry !== undefined) addLine(entry, line);
    }
  }
  return { entries: entries.map(finished), isWhole: true };
}

type Draft = { source: string; version: string; cves: Set<string>; date: string | null };

function finished({ cves, ...entry }: Draft): ChangelogEntry {
  return { ...entry, cves: [...cves] };
}

function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const stop = end < 0 ? text.length : end;
    yield text.slice(start, Math.min(stop, start + lineLengthMax));
    start = stop + 1;
  }
}

function headOf(line: string): Draft | null {
  const match = /^([a-z0-9][a-z0-9+.-]{0,100}) \(([A-Za-z0-9.+~:-]{1,100})\)[ ;]/.exec(line);
  if (match === null) return null;
  const [, source = '', version = ''] = match;
  return { source, version, cves: new Set(), date: null };
}

function addLine(entry: Draft, line: string): void {
  if (line.startsWith(' -- ')) entry.date = /> {1,4}(\S.{0,60})$/.exec(line.trimEnd())?.[1] ?? null;
  else for (const cve of cvesIn(line.toUpperCase())) entry.cves.add(cve);
}
