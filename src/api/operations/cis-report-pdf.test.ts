import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import type { CisDetailRow } from '../../store/cis-results.ts';
import type { CisScan } from '../../store/cis-scans.ts';
import { cisReportPdf } from './cis-report-pdf.ts';

const scan: CisScan = {
  scanNumber: 1,
  arn: 'arn:scan',
  configurationArn: 'arn:configuration',
  accountId: '1',
  ownerId: '1',
  name: 'a (b) \\ c',
  securityLevel: 'LEVEL_1',
  targets: { accounts: ['SELF'], tags: {} },
  status: 'COMPLETED',
  startedAt: 0,
  failedChecks: 0,
  totalChecks: 0,
};
const row = (title: string): CisDetailRow => ({
  accountId: '1',
  resourceId: 'i-1',
  platform: null,
  checkId: '1.1',
  title,
  description: null,
  remediation: 'mend it',
  level: null,
  status: 'FAILED',
  ruleStatus: 'FAILED',
  reason: null,
  findingArn: 'arn:finding',
  sortValue: '',
  sortId: '',
});

/** Each page's commands, read by the table of places. */
function pagesOf(pdf: Buffer): string[] {
  const text = pdf.toString('latin1');
  return [...text.matchAll(/\/Length (\d+) \/Filter \/FlateDecode >>\nstream\n/g)].map((match) => {
    const from = match.index + match[0].length;
    return inflateSync(pdf.subarray(from, from + Number(match[1]))).toString('latin1');
  });
}

test('text is escaped, and what the fonts lack is named by its number', () => {
  const [page = ''] = pagesOf(cisReportPdf(scan, [row('größer 漢 \u0007')]));
  assert.ok(page.includes('(CIS scan a \\(b\\) \\\\ c)'), page);
  assert.ok(page.includes('größer <U+6F22> <U+0007>'), page);
  assert.ok(page.includes('Remediation: mend it'));
});

test('long words and many rows stay on the pages', () => {
  const pages = pagesOf(
    cisReportPdf(
      scan,
      Array.from({ length: 200 }, () => row('x'.repeat(500))),
    ),
  );
  assert.ok(pages.length > 5);
  for (const page of pages) {
    for (const [, size, x, y, words = ''] of page.matchAll(/F\d (\d+) Tf (\d+) ([\d.]+) Td \((.*)\) Tj/g)) {
      assert.ok(Number(y) >= 49, `${y}`);
      assert.ok(Number(x) + words.length * Number(size) * 0.56 <= 595 - 49, words);
    }
  }
  const all = pages.join('');
  assert.equal(all.match(/x/g)?.length, 200 * 500, 'every letter is there');
});

test('a scan that nobody told of says so', () => {
  assert.match(pagesOf(cisReportPdf(scan, [])).join(''), /No agent told of any check/);
});
