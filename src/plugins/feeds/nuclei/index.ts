import { fields, textOf } from '../../../lib/fields.ts';
import { openChunks } from '../chunks.ts';
import type { Feed, FeedFile, FeedRecord } from '../contract.ts';
import { isCve, problemRecord, problemRecords } from '../records.ts';

const lineLengthMax = 1024 * 1024;

const templatesUrl = 'https://github.com/projectdiscovery/nuclei-templates/blob/main';

/** Which CVEs have a Nuclei template: a public, working check against live targets. */
export const nuclei = {
  id: 'nuclei',
  title: 'Nuclei templates',
  sources: ['https://github.com/projectdiscovery/nuclei-templates/blob/main/cves.json'],
  licence: 'MIT',
  downloads: [
    {
      url: 'https://raw.githubusercontent.com/projectdiscovery/nuclei-templates/main/cves.json',
      path: 'nuclei/cves.json',
    },
  ],
  wants: (path) => /(^|\/)(nuclei-cves\.jsonl?|nuclei\/cves\.jsonl?)(\.gz)?$/.test(path),
  read: readLines,
} satisfies Feed;

/** One JSON object a line. */
async function* readLines(file: FeedFile): AsyncGenerator<FeedRecord> {
  const source = openChunks(file);
  const decoder = new TextDecoder();
  let rest = '';
  let number = 0;
  for await (const chunk of source.chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineLengthMax) {
      yield problemRecord('limit', file.path, 'a line is too long', 'lineLengthMax');
      return;
    }
    for (const line of lines) {
      number += 1;
      if (line.trim() !== '') yield lineRecord(line, `${file.path}:${number}`);
    }
  }
  if (rest.trim() !== '') yield lineRecord(rest, `${file.path}:${number + 1}`);
  yield* problemRecords(source.problems);
}

function lineRecord(line: string, where: string): FeedRecord {
  try {
    const template = fields(JSON.parse(line));
    const id = textOf(template.ID) ?? '';
    const path = textOf(template.file_path);
    if (!isCve(id) || path === null)
      return problemRecord('malformed', where, 'line lacks a CVE id or file path');
    const reference = `${templatesUrl}/${path}`;
    return { kind: 'vulnerability', id, source: 'nuclei', exploits: [{ source: 'nuclei', reference }] };
  } catch {
    return problemRecord('malformed', where, 'line is not JSON');
  }
}
