import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { debian12, dpkgStanza, writeTree } from '../../testkit/images.ts';
import { type RunningService, runService } from '../../testkit/running-service.ts';

const version = cliVersion();
const missing = 'the AWS CLI is not installed here (pip install awscli)';

describe(`the AWS CLI (${version ?? 'absent'})`, () => {
  const place = mkdtempSync(join(tmpdir(), 'openinspector-cli-'));
  let running: RunningService;

  before(async () => {
    if (!version) return;
    writeTree(place, {
      'etc/os-release': debian12,
      'srv/app/node_modules/lodash/package.json': '{"name":"lodash","version":"4.17.20"}',
      'var/lib/dpkg/status': Array.from({ length: 30 }, (_, index) =>
        dpkgStanza(`pkg${index}`, '1.0-1'),
      ).join(''),
    });
    const debian = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [
        `pkg${index}`,
        { [`CVE-2024-1${String(index).padStart(3, '0')}`]: '1.0-2' },
      ]),
    );
    running = await runService({
      databaseUrl: null,
      feed: { debian, npm: { lodash: { 'CVE-2024-0101': '4.17.21' } } },
      watches: [{ target: 'rootfs', location: place }],
    });
    await running.until('the first scan', async () =>
      (await aws('list-findings')).stdout.includes('CVE-2024'),
    );
  });
  after(async () => {
    await running?.stop();
    rmSync(place, { recursive: true, force: true });
  });

  function aws(
    command: string,
    args: readonly string[] = [],
    secret = running.key.secretAccessKey,
    service = 'inspector2',
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: place,
      AWS_ACCESS_KEY_ID: running.key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_PAGER: '',
    };
    const all = [service, command, '--endpoint-url', running.service.address, '--output', 'json', ...args];
    return new Promise((resolve) => {
      execFile('aws', all, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr });
      });
    });
  }

  const it = (name: string, run: () => Promise<void>) =>
    test(name, async (context) => {
      if (!version) context.skip(missing);
      else await run();
    });

  it('pages through all findings by itself', async () => {
    const { code, stdout } = await aws('list-findings', ['--page-size', '7']);
    assert.equal(code, 0);
    const ids = JSON.parse(stdout).findings.map((item: { findingArn: string }) => item.findingArn);
    assert.equal(new Set(ids).size, 31);
  });

  it('filters and sorts', async () => {
    const filter = { vulnerabilityId: [{ comparison: 'PREFIX', value: 'CVE-2024-100' }] };
    const { stdout } = await aws('list-findings', [
      '--filter-criteria',
      JSON.stringify(filter),
      '--sort-criteria',
      'field=VULNERABILITY_ID,sortOrder=DESC',
    ]);
    const ids = JSON.parse(stdout).findings.map(
      (item: { packageVulnerabilityDetails: { vulnerabilityId: string } }) =>
        item.packageVulnerabilityDetails.vulnerabilityId,
    );
    assert.equal(ids.length, 10);
    assert.deepEqual(ids, [...ids].sort().reverse());
  });

  it('filters by severity and sorts by score', async () => {
    const critical = { severity: [{ comparison: 'EQUALS', value: 'CRITICAL' }] };
    const filtered = JSON.parse(
      (await aws('list-findings', ['--filter-criteria', JSON.stringify(critical)])).stdout,
    );
    assert.deepEqual(
      filtered.findings.map((item: { title: string }) => item.title),
      ['CVE-2024-0101 - lodash'],
    );
    const sorted = await aws('list-findings', [
      '--sort-criteria',
      'field=INSPECTOR_SCORE,sortOrder=DESC',
      '--page-size',
      '10',
    ]);
    const scores = JSON.parse(sorted.stdout).findings.map(
      (item: { inspectorScore?: number }) => item.inspectorScore ?? -1,
    );
    assert.equal(scores.length, 31);
    assert.deepEqual(
      scores,
      [...scores].sort((a: number, b: number) => b - a),
    );
    assert.equal(scores[0], 9.8);
  });

  it('shows the code of a refusal', async () => {
    const wrong = await aws('list-findings', [], 'not the secret');
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stderr, /InvalidSignatureException/);
    const absent = await aws('get-sbom-export', ['--report-id', '0d2f4a6c-1111-4222-8333-444455556666']);
    assert.match(absent.stderr, /ResourceNotFoundException/);
  });

  it('answers who is asking, what is covered and what is enabled', async () => {
    const who = await aws('get-caller-identity', [], running.key.secretAccessKey, 'sts');
    assert.equal(JSON.parse(who.stdout).Account, '111122223333');
    const coverage = JSON.parse((await aws('list-coverage')).stdout);
    assert.equal(coverage.coveredResources[0].scanStatus.reason, 'SUCCESSFUL');
    const counts = JSON.parse(
      (await aws('list-coverage-statistics', ['--group-by', 'SCAN_STATUS_CODE'])).stdout,
    );
    assert.deepEqual(counts.countsByGroup, [{ count: 1, groupKey: 'ACTIVE' }]);
    const status = JSON.parse((await aws('batch-get-account-status')).stdout);
    assert.equal(status.accounts[0].resourceState.ec2.status, 'ENABLED');
    assert.equal((await aws('disable', ['--resource-types', 'LAMBDA'])).code, 0);
    assert.equal((await aws('enable', ['--resource-types', 'LAMBDA'])).code, 0);
    const search = await aws('search-vulnerabilities', [
      '--filter-criteria',
      '{"vulnerabilityIds":["CVE-2024-1001"]}',
    ]);
    assert.equal(JSON.parse(search.stdout).vulnerabilities[0].id, 'CVE-2024-1001');
  });
});

function cliVersion(): string | null {
  try {
    return execFileSync('aws', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch {
    return null;
  }
}
