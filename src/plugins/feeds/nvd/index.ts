import type { Feed } from '../contract.ts';
import { jsonMembers } from '../json-stream.ts';
import { nvd11Record } from './format-1.1.ts';
import { nvd20Record } from './format-2.0.ts';
import years from './years.json' with { type: 'json' };

const base = 'https://nvd.nist.gov/feeds/json/cve/2.0';

const names = [
  ...Array.from({ length: years.lastYear - years.firstYear + 1 }, (_, index) =>
    String(years.firstYear + index),
  ),
  'modified',
];

/** The US National Vulnerability Database: descriptions, CVSS, weaknesses, references. Its ranges are not read. */
export const nvd = {
  id: 'nvd',
  title: 'National Vulnerability Database',
  sources: ['https://nvd.nist.gov/vuln/data-feeds', 'https://nvd.nist.gov/developers/vulnerabilities'],
  licence: 'public domain (US Government work)',
  downloads: names.map((name) => ({
    url: `${base}/nvdcve-2.0-${name}.json.gz`,
    path: `nvd/nvdcve-2.0-${name}.json.gz`,
  })),
  wants: (path) => /(^|\/)(nvdcve-(1\.1|2\.0)-[\w-]+|nvd-api-2\.0-[\w-]+)\.json(\.gz)?$/.test(path),
  async *read(file) {
    const isOld = file.path.includes('nvdcve-1.1-');
    for await (const member of jsonMembers(file, isOld ? 'CVE_Items' : 'vulnerabilities')) {
      if ('kind' in member) yield { kind: 'problem', problem: member };
      else {
        const where = `${file.path}#${member.key}`;
        yield isOld ? nvd11Record(member.value, where) : nvd20Record(member.value, where);
      }
    }
  },
} satisfies Feed;
