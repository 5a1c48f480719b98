import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { debian12, dpkgStanza, writeTree } from '../../testkit/images.ts';
import { type ServiceProcess, spawnService } from '../../testkit/process.ts';
import { buildFeed, testSettings } from '../../testkit/running-service.ts';
import { engines, missingPostgres, openEngine } from './engines.ts';

const rounds = Number(process.env.KILL_ROUNDS ?? 20);
const feed = {
  debian: { openssl: { 'CVE-2024-0001': '3.0.11-1' }, bash: { 'CVE-2024-0003': '5.2.15-3' } },
  npm: {},
};

type Watch = { readonly watchId: number; readonly location: string };

async function whatHappened(service: ServiceProcess, locations: readonly string[]): Promise<string> {
  const { jobs } = await service.call<{
    jobs: { subject: string; job: string; outcome: string; why: string }[];
  }>('GET', '/openinspector/v1/jobs?limit=1000');
  const lines = jobs.filter(
    ({ subject, outcome }) => outcome === 'failed' || locations.some((place) => subject.includes(place)),
  );
  return lines
    .slice(0, 20)
    .map(({ job, subject, outcome, why }) => `${job} ${subject} ${outcome}: ${why}`)
    .join('\n');
}

for (const engine of engines) {
  describe(`killed at any moment, on ${engine}`, () => {
    const home = mkdtempSync(join(tmpdir(), 'openinspector-kill-'));
    const places = join(home, 'places');
    after(() => rmSync(home, { recursive: true, force: true }));

    test(`${rounds} rounds of kill -9 lose nothing that was acknowledged, and unfinished work goes on`, async (context) => {
      const database = await openEngine(engine);
      if (!database) {
        context.skip(missingPostgres);
        return;
      }
      mkdirSync(places, { recursive: true });
      await buildFeed(testSettings(home, null), feed);
      const args = database.url ? ['--database-url', database.url] : [];
      const acknowledged = new Set<string>();
      let service: ServiceProcess | null = null;
      let count = 0;
      try {
        for (let round = 0; round < rounds; round++) {
          service = await spawnService(home, args);
          const running = service;
          const { watches } = await running.call<{ watches: Watch[] }>('GET', '/openinspector/v1/watches');
          const locations = new Set(watches.map(({ location }) => location));
          for (const location of acknowledged)
            assert.ok(locations.has(location), `round ${round}: ${location} was acknowledged`);
          // Writes go on until the process dies under them; every third round it dies at once, in its first scans.
          let isAlive = true;
          const writing = (async () => {
            while (isAlive) {
              const root = join(places, `root-${++count}`);
              writeTree(root, {
                'etc/os-release': debian12,
                'var/lib/dpkg/status': dpkgStanza('libssl3', '3.0.9-1', { source: 'openssl' }),
              });
              await running.call<Watch>('POST', '/openinspector/v1/watches', {
                target: 'rootfs',
                location: root,
              });
              acknowledged.add(root);
            }
          })().catch(() => {});
          await new Promise((resolve) =>
            setTimeout(resolve, round % 3 === 0 ? 30 : 100 + Math.random() * 900),
          );
          await running.kill('SIGKILL');
          isAlive = false;
          await writing;
        }
        service = await spawnService(home, args);
        const last = service;
        // What was acknowledged is scanned in the end, whoever was killed doing it.
        const until = Date.now() + 60_000;
        let missing: string[] = [];
        while (Date.now() < until) {
          missing = [];
          for (const location of acknowledged) {
            const query = new URLSearchParams({ vulnerability: 'CVE-2024-0001', resource: location });
            const answer = await last
              .call<{ explanation: { answer: string } }>('GET', `/openinspector/v1/explain?${query}`)
              .catch(() => null);
            if (answer?.explanation.answer !== 'affected') missing.push(location);
          }
          if (missing.length === 0) break;
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
        if (missing.length > 0) context.diagnostic(await whatHappened(last, missing));
        assert.deepEqual(missing, []);
        assert.ok(acknowledged.size >= rounds / 2);
        context.diagnostic(`${acknowledged.size} acknowledged changes over ${rounds} kills, none lost`);
        await last.kill('SIGTERM');
      } finally {
        service?.process.kill('SIGKILL');
        database.stop();
      }
    });

    test('a second process on the same home is refused, and told who holds it', async (context) => {
      if (engine !== 'embedded') {
        context.skip('several processes may share a PostgreSQL');
        return;
      }
      const service = await spawnService(home, []);
      try {
        await assert.rejects(
          spawnService(home, [], 20),
          new RegExp(`in use by process ${service.process.pid}`),
        );
      } finally {
        await service.kill('SIGTERM');
      }
    });
  });
}
