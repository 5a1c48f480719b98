import { type Fields, fields, list, textOf, texts } from '../../../lib/fields.ts';
import type { Feed, FeedRecord } from '../contract.ts';
import { jsonMembers } from '../json-stream.ts';
import { isCve, problemRecord } from '../records.ts';

/** CISA's catalogue of vulnerabilities that are known to be exploited. */
export const kev = {
  id: 'kev',
  title: 'CISA Known Exploited Vulnerabilities',
  sources: ['https://www.cisa.gov/known-exploited-vulnerabilities-catalog'],
  licence: 'CC0 (US Government work)',
  downloads: [
    {
      url: 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
      path: 'kev/known_exploited_vulnerabilities.json',
    },
  ],
  wants: (path) => /(^|\/)known_exploited_vulnerabilities[\w.-]*\.json(\.gz)?$/.test(path),
  async *read(file) {
    for await (const member of jsonMembers(file, 'vulnerabilities')) {
      if ('kind' in member) yield { kind: 'problem', problem: member };
      else yield entryRecord(fields(member.value), `${file.path}#${member.key}`);
    }
  },
} satisfies Feed;

function entryRecord(entry: Fields, where: string): FeedRecord {
  const id = textOf(entry.cveID) ?? '';
  const dateAdded = dayOf(entry.dateAdded);
  if (!isCve(id) || dateAdded === null)
    return problemRecord('malformed', where, 'entry lacks a CVE id or date');
  const cwes = list(entry.cwes).length > 0 ? texts(entry.cwes).filter((cwe) => /^CWE-\d+$/.test(cwe)) : [];
  return {
    kind: 'vulnerability',
    id,
    source: 'kev',
    ...(cwes.length > 0 && { cwes }),
    kev: {
      dateAdded,
      dueDate: dayOf(entry.dueDate),
      action: textOf(entry.requiredAction)?.slice(0, 2000) ?? null,
      ransomware: entry.knownRansomwareCampaignUse === 'Known',
    },
  };
}

function dayOf(value: unknown): string | null {
  const text = textOf(value);
  return text !== null && /^\d{4}-\d\d-\d\d$/.test(text) ? text : null;
}
