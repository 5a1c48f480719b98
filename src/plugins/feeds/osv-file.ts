import { CORE_SCHEMA, load } from 'js-yaml';
import { fields, textOf } from '../../lib/fields.ts';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import { type Entry, openEntries } from './archive.ts';
import type { FeedFile, FeedRecord } from './contract.ts';
import { type OsvReading, osvRecords } from './osv-record.ts';
import { isoTime, jsonOf, problemRecords, streamRecord } from './records.ts';

export type OsvFileOptions = {
  readonly feed: string;
  /** Which members of the archive are records. */
  readonly accepts: (path: string) => boolean;
  /** Whether the file holds everything that is known of its streams. */
  readonly complete: boolean;
  readonly conditions?: OsvReading['conditions'];
  readonly severity?: OsvReading['severity'];
  /** False for records that are no vulnerability. */
  readonly isWanted?: (record: unknown) => boolean;
};

/** Reads a file of OSV records: one record, or an archive with a record per member, in JSON or YAML. */
export async function* readOsvFile(file: FeedFile, options: OsvFileOptions): AsyncGenerator<FeedRecord> {
  const source = openEntries(file, options.accepts);
  const streams = new Set<string>();
  const unknown = new Set<string>();
  let asOf = '';
  const today = new Date().toISOString();
  for await (const entry of source.entries) {
    const read = recordOf(entry);
    if ('why' in read) {
      yield { kind: 'problem', problem: read };
      continue;
    }
    if (options.isWanted?.(read.value) === false) continue;
    const told = fields(read.value);
    asOf = laterOf(asOf, [isoTime(textOf(told.published)), isoTime(textOf(told.modified))], today);
    const { feed, conditions, severity } = options;
    const where = `${file.path}!${entry.path}`;
    for (const record of osvRecords(read.value, {
      feed,
      where,
      unknown,
      streams,
      ...(conditions && { conditions }),
      ...(severity && { severity }),
    })) {
      yield record;
    }
  }
  for (const stream of streams) {
    yield streamRecord(stream, { complete: options.complete, asOf: asOf === '' ? null : asOf });
  }
  yield* problemRecords(source.problems);
}

/** The latest of some times that is not in the future: databases hold a few impossible dates. */
function laterOf(asOf: string, times: readonly (string | null)[], today: string): string {
  return times.reduce<string>(
    (latest, time) => (time !== null && time > latest && time < today ? time : latest),
    asOf,
  );
}

/** A record's value, from JSON or YAML by its name. */
export function recordOf(entry: Entry): { readonly value: unknown } | Problem {
  return /\.ya?ml$/.test(entry.path) ? yamlOf(entry) : jsonOf(entry);
}

/** The YAML of an archive member, or a problem. Only JSON's types are made; dates stay text. */
export function yamlOf(entry: Entry): { readonly value: unknown } | Problem {
  try {
    return { value: load(entry.bytes.toString('utf8'), { schema: CORE_SCHEMA, filename: entry.path }) };
  } catch (error) {
    return problem('malformed', entry.path, `not YAML: ${reasonOf(error).split('\n', 1)[0]?.slice(0, 200)}`);
  }
}
