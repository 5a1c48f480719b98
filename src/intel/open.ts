import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageKey, Statement } from '../model/advisory.ts';
import { type Problem, reasonOf } from '../model/problem.ts';
import type { Epss, Vulnerability } from '../model/vulnerability.ts';
import { bareVulnerability, decodeStatements, decodeVulnerability, unpackValue } from './codec.ts';
import type { Intelligence, IntelligenceMeta, StreamCoverage } from './contract.ts';
import { findEntry, placeOf } from './epss-table.ts';
import { keyBytesMax, keyOfText, keyText } from './keys.ts';
import { databaseFile, formatVersion, openTables, stateOfPlace, type Tables } from './layout.ts';
import { currentRevision, isRevision } from './pointer.ts';

/** An opened revision, with what is beyond judging: listing, searching and comparing. */
export type IntelligenceRevision = Intelligence & {
  /** Every stream that a feed assesses, sorted. */
  streams(): readonly StreamCoverage[];
  /** Package names of a stream that begin with a text, sorted, at most `limit`. */
  namesIn(stream: string, prefix: string, limit: number): readonly string[];
  /** What was wrong with the feeds when this was built: the first of each. */
  problems(): readonly Problem[];
};

/**
 * Opens the current revision of an intelligence directory, or the directory of one revision, by memory map. Throws
 * with what to do when there is none, when it is damaged, or when it was built by a newer program.
 */
export function openIntelligence(directory: string): IntelligenceRevision {
  if (existsSync(join(directory, databaseFile))) return openAt(directory);
  const revision = currentRevision(directory);
  if (revision === null) {
    const how =
      "'openinspector intel update' fetches and builds it, 'openinspector intel build --feeds DIR' builds it";
    throw new Error(`there is no intelligence database in ${directory}; ${how}`);
  }
  return openRevision(directory, revision);
}

/** Opens one revision of an intelligence directory. Throws like `openIntelligence`. */
export function openRevision(directory: string, revision: string): IntelligenceRevision {
  if (!isRevision(revision)) throw new Error(`${revision} is not the name of an intelligence revision`);
  const place = join(directory, revision);
  if (!existsSync(join(place, databaseFile))) {
    throw new Error(
      `intelligence revision ${revision} is not in ${directory}; 'openinspector intel build' makes a new one`,
    );
  }
  return openAt(place);
}

/** The tables of an opened revision, for the parts of this folder that read them whole. */
export function tablesOf(intelligence: Intelligence): Tables {
  const tables = opened.get(intelligence);
  if (tables === undefined)
    throw new Error('assertion failed: this intelligence was not opened from a directory');
  return tables;
}

const opened = new WeakMap<Intelligence, Tables>();

function openAt(place: string): IntelligenceRevision {
  const tables = openChecked(place);
  const meta = unpackValue(tables.meta.get('meta') ?? Buffer.alloc(0)) as IntelligenceMeta;
  const epssDate = unpackValue(tables.meta.get('epssDate') ?? Buffer.from([0xc0])) as string | null;
  const intelligence = view(tables, { meta, epssDate });
  opened.set(intelligence, tables);
  return intelligence;
}

function openChecked(place: string): Tables {
  const rebuild = `delete it and run 'openinspector intel build'`;
  const state = stateOfPlace(place);
  if (state.kind === 'newer') {
    const why = `has form ${state.format}, this program reads up to ${formatVersion}`;
    throw new Error(`intelligence database ${place} ${why}; update the program or ${rebuild}`);
  }
  if (state.kind === 'damaged') throw new Error(`intelligence database ${place} is damaged; ${rebuild}`);
  try {
    const tables = openTables(join(place, databaseFile), { readOnly: true });
    if (tables.meta.get('meta') !== undefined) return tables;
    void tables.root.close();
  } catch (error) {
    throw new Error(`intelligence database ${place} cannot be opened (${reasonOf(error)}); ${rebuild}`);
  }
  throw new Error(`intelligence database ${place} is incomplete; ${rebuild}`);
}

function view(
  tables: Tables,
  head: { meta: IntelligenceMeta; epssDate: string | null },
): IntelligenceRevision {
  function displayId(id: string): string {
    if (!isLookable(id)) return id;
    return tables.aliases.get(id)?.toString('utf8') ?? id;
  }

  function epssOf(id: string): Epss | null {
    const place = placeOf(id);
    const block = place === null ? undefined : tables.epss.get(place.block);
    const found = block === undefined || place === null ? null : findEntry(block, place.offset);
    return found === null || head.epssDate === null ? null : { ...found, date: head.epssDate };
  }

  function vulnerability(id: string): Vulnerability | null {
    if (!isLookable(id)) return null;
    const display = displayId(id);
    const epss = epssOf(display);
    const bytes = tables.vulnerabilities.get(display);
    if (bytes !== undefined) return decodeVulnerability(bytes, epss);
    return epss === null ? null : bareVulnerability(display, epss);
  }

  function stream(name: string): StreamCoverage | null {
    const bytes = isLookable(name) ? tables.streams.get(name) : undefined;
    return bytes === undefined ? null : coverage(name, bytes);
  }

  return {
    meta: head.meta,
    statements(key: PackageKey): readonly Statement[] {
      const text = keyText(key);
      const bytes = isLookable(text) ? tables.statements.get(text) : undefined;
      return bytes === undefined ? nothing : decodeStatements(bytes);
    },
    vulnerability,
    displayId,
    keysOf(id) {
      const bytes = isLookable(id) ? tables.keys.get(displayId(id)) : undefined;
      return bytes === undefined ? [] : (unpackValue(bytes) as readonly string[]).map(keyOfText);
    },
    stream,
    streams: () => [...tables.streams.getRange({})].map(({ key, value }) => coverage(key, value)),
    namesIn(name, prefix, limit) {
      const start = keyText({ stream: name, name: prefix });
      const found: string[] = [];
      for (const key of tables.statements.getKeys({ start, limit })) {
        if (!key.startsWith(start)) break;
        found.push(keyOfText(key).name);
      }
      return found;
    },
    problems: () => unpackValue(tables.meta.get('problems') ?? Buffer.from([0x90])) as readonly Problem[],
    close: () => void tables.root.close(),
  };
}

const nothing: readonly Statement[] = [];

/** Whether a text can be a key of the database at all. */
function isLookable(text: string): boolean {
  return text !== '' && (text.length <= keyBytesMax / 4 || Buffer.byteLength(text) <= keyBytesMax);
}

function coverage(stream: string, bytes: Buffer): StreamCoverage {
  const [feeds, complete, asOf] = unpackValue(bytes) as [readonly string[], boolean, string | null];
  return { stream, feeds, complete, asOf };
}
