import { type Fields, fields, list, textOf, texts } from '../../../lib/fields.ts';
import { openEntries } from '../archive.ts';
import type { Feed, FeedFile, FeedRecord } from '../contract.ts';
import { jsonMembers } from '../json-stream.ts';
import { cvesIn, isCve, jsonOf, problemRecords } from '../records.ts';

const modulesUrl = 'https://github.com/rapid7/metasploit-framework/blob/master/modules';

/** Which CVEs have a Metasploit module: proof that a working exploit is public. */
export const metasploit = {
  id: 'metasploit',
  title: 'Metasploit modules',
  sources: ['https://github.com/rapid7/metasploit-framework/blob/master/db/modules_metadata_base.json'],
  licence: 'BSD-3-Clause',
  downloads: [
    {
      url: 'https://raw.githubusercontent.com/rapid7/metasploit-framework/master/db/modules_metadata_base.json',
      path: 'metasploit/modules_metadata_base.json',
    },
  ],
  wants: (path) => isMetadata(path) || /(^|\/)metasploit-cve-modules[\w.-]*\.(tar\.gz|zip)$/.test(path),
  async *read(file) {
    yield* isMetadata(file.path) ? readMetadata(file) : readModuleLists(file);
  },
} satisfies Feed;

function isMetadata(path: string): boolean {
  return /(^|\/)modules_metadata_base\.json(\.gz)?$/.test(path);
}

/** The framework's own list: module → references. Scanners and the like (`auxiliary`) count as evidence too. */
async function* readMetadata(file: FeedFile): AsyncGenerator<FeedRecord> {
  for await (const member of jsonMembers(file, null)) {
    if ('kind' in member) {
      yield { kind: 'problem', problem: member };
      continue;
    }
    const module = fields(member.value);
    const path = textOf(module.path) ?? '';
    for (const id of cvesIn(texts(module.references).join(' '))) {
      yield evidence(
        id,
        path.startsWith('/modules/') ? `${modulesUrl}${path.slice('/modules'.length)}` : member.key,
      );
    }
  }
}

/** Lists by year: `[{cve, module, path, name}]`. */
async function* readModuleLists(file: FeedFile): AsyncGenerator<FeedRecord> {
  const source = openEntries(file, (path) => /(^|\/)\d{4}\.json$/.test(path));
  for await (const entry of source.entries) {
    const read = jsonOf(entry);
    if ('why' in read) yield { kind: 'problem', problem: read };
    else yield* list(read.value).map(fields).flatMap(moduleRecords);
  }
  yield* problemRecords(source.problems);
}

function moduleRecords(module: Fields): readonly FeedRecord[] {
  const id = textOf(module.cve) ?? '';
  const reference = textOf(module.path) ?? textOf(module.module);
  return isCve(id) && reference !== null ? [evidence(id, reference)] : [];
}

function evidence(id: string, reference: string): FeedRecord {
  return { kind: 'vulnerability', id, source: 'metasploit', exploits: [{ source: 'metasploit', reference }] };
}
