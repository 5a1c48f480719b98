import { openChunks } from '../chunks.ts';
import type { Feed, FeedFile, FeedRecord } from '../contract.ts';
import { isCve, problemRecord, problemRecords } from '../records.ts';

/** Longest line that is read, in characters. */
const lineLengthMax = 1000;

/** Bad lines that are told one by one. */
const badLinesTold = 20;

/** FIRST's exploit prediction scores: one line per CVE, renewed every day. */
export const epss = {
  id: 'epss',
  title: 'FIRST Exploit Prediction Scoring System',
  sources: ['https://www.first.org/epss/data_stats', 'https://www.first.org/epss/user-guide'],
  licence: 'free to use with attribution to FIRST.org',
  downloads: [
    {
      url: 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz',
      path: 'epss/epss_scores-current.csv.gz',
    },
  ],
  wants: (path) => /(^|\/)epss_scores-[\w-]+\.csv(\.gz)?$/.test(path),
  read: readScores,
} satisfies Feed;

async function* readScores(file: FeedFile): AsyncGenerator<FeedRecord> {
  const source = openChunks(file);
  const decoder = new TextDecoder();
  let rest = '';
  let date: string | null = null;
  let number = 0;
  let bad = 0;
  for await (const chunk of source.chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(0, lineLengthMax);
    for (const line of lines) {
      number += 1;
      if (line.startsWith('#')) date = /score_date:(\d{4}-\d\d-\d\d)/.exec(line)?.[1] ?? null;
      else if (!line.startsWith('cve,') && line !== '') {
        const record = lineRecord(line, date);
        if (record !== null) yield record;
        else if (++bad <= badLinesTold)
          yield problemRecord('malformed', `${file.path}:${number}`, 'not an EPSS line');
      }
    }
  }
  // Every whole file ends with a line end; what follows the last one may be half a number.
  if (rest !== '') yield problemRecord('malformed', file.path, 'the file ends inside a line');
  if (bad > badLinesTold) yield problemRecord('malformed', file.path, `${bad} lines are not EPSS lines`);
  yield* problemRecords(source.problems);
}

function lineRecord(line: string, date: string | null): FeedRecord | null {
  const [id = '', scoreText = '', percentileText = ''] = line.trimEnd().split(',', 3);
  const score = fraction(scoreText);
  const percentile = fraction(percentileText);
  if (!isCve(id) || score === null || percentile === null || date === null) return null;
  return { kind: 'vulnerability', id, source: 'epss', epss: { score, percentile, date } };
}

function fraction(text: string): number | null {
  if (!/^\d(\.\d{1,12})?(e-\d{1,2})?$/i.test(text)) return null;
  const value = Number(text);
  return value >= 0 && value <= 1 ? value : null;
}
