import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type Finding,
  ListFindingAggregationsCommand,
  ListFindingsCommand,
  type ListFindingsCommandInput,
} from '@aws-sdk/client-inspector2';
import { sql } from 'kysely';
import { signableUrl, signRequest } from '../../src/lib/sigv4-client.ts';
import type { Vulnerability } from '../../src/model/vulnerability.ts';
import { likelihoodOfPastExploitation } from '../../src/pipeline/score/lev.ts';
import { saveVulnerabilities } from '../../src/store/matches.ts';
import { debian12, dpkgStanza, writeTree } from '../../testkit/images.ts';
import { type TestNetwork, writeNetwork } from '../../testkit/network-documents.ts';
import { type RunningService, runService } from '../../testkit/running-service.ts';
import { engines, missingPostgres, openEngine } from './engines.ts';

const machine = 'i-0abc0000000000001';
const other = 'i-0abc0000000000002';
const feed = {
  debian: { bash: { 'CVE-2024-0003': '5.2.15-3' } },
  npm: { axios: { 'CVE-2024-0102': '0.21.1' } },
};
const closed: TestNetwork = {
  machines: [
    { id: machine, group: 'sg-web', publicAddress: '203.0.113.10' },
    { id: other, group: 'sg-none', publicAddress: null },
  ],
  groups: { 'sg-web': [], 'sg-none': [] },
};
const open: TestNetwork = { ...closed, groups: { ...closed.groups, 'sg-web': [[22, '0.0.0.0/0']] } };

for (const engine of engines) {
  describe(`a watched network on ${engine}`, () => {
    let database: Awaited<ReturnType<typeof openEngine>> = null;
    let running: RunningService;
    const place = mkdtempSync(join(tmpdir(), 'openinspector-network-'));
    const root = join(place, 'root');
    const network = join(place, 'network');

    before(async () => {
      database = await openEngine(engine);
      if (!database) return;
      writeTree(root, {
        'etc/os-release': debian12,
        'var/lib/dpkg/status': dpkgStanza('bash', '5.2.15-2'),
        'usr/lib/node_modules/axios/package.json': JSON.stringify({ name: 'axios', version: '0.21.0' }),
        'var/lib/cloud/data/instance-id': `${machine}\n`,
      });
      running = await runService({
        databaseUrl: database.url,
        feed,
        watches: [{ target: 'rootfs', location: root }],
      });
    });
    after(async () => {
      await running?.stop();
      database?.stop();
      rmSync(place, { recursive: true, force: true });
    });

    const it = (name: string, run: (print: (text: string) => void) => Promise<void>) =>
      test(name, async (context) => {
        if (!database) context.skip(missingPostgres);
        else await run((text) => context.diagnostic(text));
      });

    async function findings(
      filterCriteria: ListFindingsCommandInput['filterCriteria'] = {},
    ): Promise<Finding[]> {
      const page = await running.client.send(new ListFindingsCommand({ filterCriteria, maxResults: 100 }));
      return page.findings ?? [];
    }

    const equals = (value: string) => [{ comparison: 'EQUALS' as const, value }];
    const networkFindings = () => findings({ findingType: equals('NETWORK_REACHABILITY') });
    const axios = async () => (await findings({ vulnerabilityId: equals('CVE-2024-0102') }))[0];

    const get = <T>(path: string) => call<T>('GET', path);

    async function call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, value?: object): Promise<T> {
      const { address } = running.service;
      const body = value === undefined ? '' : JSON.stringify(value);
      const url = signableUrl(`/openinspector/v1/${path}`, address);
      const key = { ...running.key, region: 'eu-central-1', service: 'inspector2' };
      const headers = {
        ...signRequest({ method, url, body }, key, new Date()),
        ...(body ? { 'content-type': 'application/json' } : {}),
      };
      const answer = await fetch(url, { method, headers, ...(body ? { body } : {}) });
      const text = await answer.text();
      assert.ok(answer.ok, text);
      return JSON.parse(text) as T;
    }

    it('a machine of which no network is known has its base score', async () => {
      await running.until('the scan', async () => (await axios()) !== undefined);
      const found = await axios();
      assert.equal(found?.severity, 'CRITICAL');
      assert.equal(found?.inspectorScore, 9.8);
      assert.equal(found?.resources?.[0]?.id, machine);
      assert.deepEqual(found?.inspectorScoreDetails?.adjustedCvss?.adjustments, []);
    });

    it('falls when its network proves that nobody can reach it', async (print) => {
      writeNetwork(network, closed);
      await call('POST', 'watches', { target: 'network', location: network });
      const seconds = await running.until(
        'the score to fall',
        async () => (await axios())?.severity === 'HIGH',
      );
      print(`the CRITICAL of a private machine fell after ${seconds.toFixed(1)} s`);
      const found = await axios();
      assert.equal(found?.inspectorScore, 8.4);
      const { adjustedCvss } = found?.inspectorScoreDetails ?? {};
      assert.deepEqual(adjustedCvss?.adjustments, [
        { metric: 'Attack Vector', reason: 'No open network path to the instance was found' },
      ]);
      assert.ok(adjustedCvss?.scoringVector?.endsWith('/MAV:L'));
      assert.equal(found?.packageVulnerabilityDetails?.cvss?.[0]?.baseScore, 9.8);
      assert.deepEqual(await networkFindings(), []);
    });

    it('rises when a group opens, with one finding that has the path', async (print) => {
      writeNetwork(network, open);
      const seconds = await running.until(
        'the score to rise',
        async () => (await axios())?.severity === 'CRITICAL',
      );
      print(`opening a group raised it after ${seconds.toFixed(1)} s`);
      const [found, ...more] = await networkFindings();
      assert.deepEqual(more, []);
      assert.equal(found?.title, 'Port 22 is reachable from an Internet Gateway - TCP');
      assert.equal(found?.severity, 'MEDIUM');
      assert.equal(found?.status, 'ACTIVE');
      assert.deepEqual(found?.networkReachabilityDetails?.openPortRange, { begin: 22, end: 22 });
      assert.deepEqual(
        found?.networkReachabilityDetails?.networkPath?.steps?.map(({ componentId }) => componentId),
        ['igw-1', 'acl-1', 'sg-web', 'eni-0abc0000000000001', machine],
      );
      assert.equal(found?.packageVulnerabilityDetails, undefined);
      assert.equal((await findings({ componentId: equals('sg-web') })).length, 1);
      assert.equal((await findings({ componentId: equals('sg-none') })).length, 0);
      assert.equal((await findings({ networkProtocol: equals('TCP') })).length, 1);
      assert.equal((await findings({ portRange: [{ beginInclusive: 20, endInclusive: 30 }] })).length, 1);
      assert.equal((await findings({ portRange: [{ beginInclusive: 23, endInclusive: 30 }] })).length, 0);
      const counts = await running.client.send(
        new ListFindingAggregationsCommand({ aggregationType: 'AWS_EC2_INSTANCE' }),
      );
      assert.equal(counts.responses?.[0]?.ec2InstanceAggregation?.networkFindings, 1);
    });

    it('lists exposures with path and sources', async () => {
      const { exposures } = await get<{
        exposures: { resource: string; ports: number[][]; path: unknown[] }[];
      }>('exposures?verdict=reachable');
      assert.deepEqual(
        exposures.map(({ resource, ports }) => [resource, ports]),
        [[machine, [[22, 22]]]],
      );
      assert.ok((exposures[0]?.path.length ?? 0) > 3);
      const { resources } = await get<{ resources: { resource: string; state: string; evidence: string }[] }>(
        'exposures/states',
      );
      assert.deepEqual(resources.map(({ resource, state }) => [resource, state]).sort(), [
        [machine, 'internet'],
        [other, 'none'],
      ]);
    });

    it('gives priority and deadlines from the same facts, each with its evidence', async () => {
      type Answer = {
        priorities: {
          priority: {
            start: number;
            score: number;
            shares: { fact: string; points: number; evidence: string }[];
          };
          bod2604: {
            outcome: string;
            dueAt: string | null;
            assumed: string[];
            inputs: Record<string, string>;
          };
          ssvc: { outcome: string; assumed: string[] };
          vdr: { outcome: { mitigateWithinDays: number }; dueAt: string };
        }[];
      };
      const found = await axios();
      const path = `priorities?finding=${found?.findingArn}&level=high&adverseImpact=4&humanImpact=high`;
      const [first] = (await get<Answer>(path)).priorities;
      assert.equal(first?.bod2604.outcome, 'DAYS_3');
      assert.equal(first?.bod2604.inputs.publiclyExposed, 'yes');
      assert.equal(Date.parse(first?.bod2604.dueAt ?? ''), Number(found?.firstObservedAt) + 3 * 86_400_000);
      assert.equal(first?.ssvc.outcome, 'SCHEDULED');
      assert.deepEqual(first?.ssvc.assumed, ['exploitation']);
      const { start = 0, score = 0, shares = [] } = first?.priority ?? {};
      assert.equal(
        shares.reduce((sum, { points }) => sum + Math.round(points * 100), start * 100),
        Math.round(score * 100),
      );
      assert.match(
        shares.find(({ fact }) => fact === 'network')?.evidence ?? '',
        /eni-0abc.* is reachable from igw-1/,
      );
    });

    it('adds up the predictions of a vulnerability, day by day', async () => {
      const { db } = running.service.context;
      const [row] = (
        await sql<{ document: Vulnerability }>`
        select document from vulnerability where vulnerability_id = 'CVE-2024-0102'`.execute(db)
      ).rows;
      assert.ok(row);
      const predicted = (date: string, score: number) => ({
        ...row.document,
        epss: { score, percentile: 0.5, date },
      });
      await saveVulnerabilities(db, [predicted('2026-01-01', 0.2)], 1);
      await saveVulnerabilities(db, [predicted('2026-01-16', 0.5)], 2);
      await saveVulnerabilities(db, [predicted('2026-01-10', 0.9)], 3);
      const { lev } =
        (
          await sql<{ lev: { day: number; survival: number; probability: number } }>`
        select lev from vulnerability where vulnerability_id = 'CVE-2024-0102'`.execute(db)
        ).rows[0] ?? {};
      const day = (text: string) => Date.parse(text) / 86_400_000;
      const wanted = likelihoodOfPastExploitation(
        [{ day: day('2026-01-01'), probability: 0.2 }],
        day('2026-01-16'),
      );
      assert.ok(Math.abs(1 - Math.exp(lev?.survival ?? 0) - wanted) < 1e-9);
      assert.deepEqual([lev?.day, lev?.probability], [day('2026-01-16'), 0.5]);
      await saveVulnerabilities(db, [row.document], 4);
    });

    it('says in its history why the score moved, and looked at one machine only', async () => {
      const { events } = await get<{
        events: { kind: string; detail: { adjustments?: object[]; score: number } }[];
      }>('history?limit=1000');
      const updates = events.filter(({ kind }) => kind === 'UPDATED').map(({ detail }) => detail);
      assert.deepEqual(
        updates.map(({ score }) => score),
        [8.4, 9.8],
      );
      assert.equal(updates[0]?.adjustments?.length, 1);
      const { jobs } = await get<{ jobs: { job: string; why: string }[] }>('jobs');
      const last = jobs.find(({ job }) => job === 'reach');
      assert.match(
        last?.why ?? '',
        /^1 objects of the network changed; 1 of 2 machines looked at, 1 changed/,
      );
    });

    it('closes the finding when the group closes, and opens the same again within a week', async (print) => {
      const [before] = await networkFindings();
      writeNetwork(network, closed);
      const seconds = await running.until(
        'the finding to close',
        async () => (await networkFindings())[0]?.status === 'CLOSED',
      );
      print(`closing the group closed the finding after ${seconds.toFixed(1)} s`);
      assert.equal((await axios())?.severity, 'HIGH');
      const [shut] = await networkFindings();
      assert.equal(shut?.findingArn, before?.findingArn);
      assert.equal(shut?.networkReachabilityDetails?.networkPath?.steps?.length, 5);
      writeNetwork(network, open);
      await running.until(
        'the finding to come back',
        async () => (await networkFindings())[0]?.status === 'ACTIVE',
      );
      const [again] = await networkFindings();
      assert.equal(again?.findingArn, before?.findingArn);
      assert.deepEqual(again?.firstObservedAt, before?.firstObservedAt);
    });

    it('a document that goes missing makes nothing safe', async () => {
      rmSync(join(network, 'SecurityGroups.json'));
      const state = async () => {
        const { resources } = await get<{ resources: { resource: string; state: string }[] }>(
          'exposures/states',
        );
        return resources.find(({ resource }) => resource === machine)?.state;
      };
      await running.until('the doubt', async () => (await state()) === 'unknown');
      await running.service.queue.idle(10_000);
      assert.equal((await axios())?.severity, 'CRITICAL');
      // Nobody has proven that it closed.
      assert.equal((await networkFindings())[0]?.status, 'ACTIVE');
    });

    it('a network that is no longer watched proves nothing any more', async () => {
      writeNetwork(network, closed);
      await running.until('the score to fall', async () => (await axios())?.severity === 'HIGH');
      writeNetwork(network, open);
      await running.until('the finding', async () => (await networkFindings())[0]?.status === 'ACTIVE');
      writeNetwork(network, {
        ...closed,
        machines: closed.machines.map((one) => ({ ...one, publicAddress: null })),
      });
      await running.until('the score to fall again', async () => (await axios())?.severity === 'HIGH');
      const { watches } = await get<{ watches: { watchId: number; target: string }[] }>('watches');
      const watchId = watches.find(({ target }) => target === 'network')?.watchId;
      await call('DELETE', `watches/${watchId}`);
      await running.until('the base score', async () => (await axios())?.severity === 'CRITICAL');
      assert.deepEqual((await get<{ exposures: object[] }>('exposures')).exposures, []);
      assert.deepEqual((await get<{ resources: object[] }>('exposures/states')).resources, []);
    });
  });
}
