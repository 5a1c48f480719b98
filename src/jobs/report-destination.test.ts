import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { putFile, type ReportSettings, wrongDestination } from './report-destination.ts';

const place = mkdtempSync(join(tmpdir(), 'openinspector-destination-'));
const reports = join(place, 'reports');
const outside = join(place, 'outside');
const file = join(place, 'report');
mkdirSync(join(reports, 'bucket-a'), { recursive: true });
mkdirSync(outside);
writeFileSync(file, 'text');
after(() => rmSync(place, { recursive: true, force: true }));

const kmsKeyArn = 'arn:aws:kms:eu-central-1:111122223333:key/0d2f4a6c-1111-2222-3333-444455556666';
const settings: ReportSettings = {
  directory: reports,
  endpoint: null,
  region: 'eu-central-1',
  accessKeyId: null,
  secretAccessKey: null,
};
const to = (bucketName: string, keyPrefix: string | null) => ({ bucketName, keyPrefix, kmsKeyArn });

test('a file comes to its key, whole', async () => {
  assert.equal(await putFile(file, to('bucket-a', '/x//y/'), 'r.csv', settings), null);
  assert.equal(readFileSync(join(reports, 'bucket-a', 'x', 'y', 'r.csv'), 'utf8'), 'text');
  assert.deepEqual(readdirSync(join(reports, 'bucket-a', 'x', 'y')), ['r.csv']);
});

test('no name leads out of the folder', async () => {
  for (const prefix of ['..', 'a/../../b', './a', 'a\\b', 'a\0b'])
    assert.equal(wrongDestination(to('bucket-a', prefix))?.code, 'INVALID_PERMISSIONS', prefix);
  for (const bucket of ['..', '.a.', 'a/b', 'Bucket', 'a..b', ''])
    assert.equal(wrongDestination(to(bucket, null))?.code, 'BUCKET_NOT_FOUND', bucket);
  symlinkSync(outside, join(reports, 'bucket-a', 'link'));
  for (const prefix of ['link', 'link/deeper', 'x/../link'])
    assert.equal((await putFile(file, to('bucket-a', prefix), 'r', settings))?.code, 'INVALID_PERMISSIONS');
  assert.deepEqual(readdirSync(outside), []);
});

test('what is not there or not given has its own code', async () => {
  assert.equal((await putFile(file, to('bucket-b', null), 'r.csv', settings))?.code, 'BUCKET_NOT_FOUND');
  const remote = { ...settings, endpoint: 'http://127.0.0.1:9' };
  assert.equal((await putFile(file, to('bucket-b', null), 'r', remote))?.code, 'INVALID_PERMISSIONS');
  const signed = { ...remote, accessKeyId: 'a', secretAccessKey: 'b' };
  const answer = await putFile(file, to('bucket-b', null), 'r', signed);
  assert.deepEqual([answer?.code, answer?.message.includes('does not answer')], ['INTERNAL_ERROR', true]);
  const malformed = { ...to('bucket-a', null), kmsKeyArn: 'alias/x' };
  assert.equal(wrongDestination(malformed)?.code, 'MALFORMED_KMS_KEY');
});
