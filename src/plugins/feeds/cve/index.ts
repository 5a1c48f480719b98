import { openEntries } from '../archive.ts';
import type { Feed } from '../contract.ts';
import { jsonOf, problemRecords } from '../records.ts';
import { cveRecord } from './cve-record.ts';

/** CVE records in their own format, with what CISA adds to them (Vulnrichment: SSVC, CVSS, CWE). */
export const cve = {
  id: 'cve',
  title: 'CVE records and CISA Vulnrichment',
  sources: [
    'https://github.com/CVEProject/cve-schema',
    'https://github.com/CVEProject/cvelistV5',
    'https://github.com/cisagov/vulnrichment',
  ],
  licence: 'CVE terms of use; CISA container CC0',
  downloads: [
    { url: 'https://github.com/cisagov/vulnrichment/archive/HEAD.tar.gz', path: 'cve/vulnrichment.tar.gz' },
  ],
  wants: (path) => /(^|\/)(vulnrichment[\w.-]*\.(tar\.gz|zip)|cvelistV5[\w.-]*\.(tar\.gz|zip))$/.test(path),
  async *read(file) {
    const source = openEntries(file, (path) => /(^|\/)CVE-\d{4}-\d{4,19}\.json$/.test(path));
    for await (const entry of source.entries) {
      const read = jsonOf(entry);
      if ('why' in read) yield { kind: 'problem', problem: read };
      else yield* cveRecord(read.value, `${file.path}!${entry.path}`);
    }
    yield* problemRecords(source.problems);
  },
} satisfies Feed;
