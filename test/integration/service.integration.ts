import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type AggregationRequest,
  type AggregationType,
  BatchGetAccountStatusCommand,
  BatchGetFindingDetailsCommand,
  CreateFilterCommand,
  DeleteFilterCommand,
  DisableCommand,
  EnableCommand,
  type Finding,
  ListCoverageCommand,
  ListCoverageStatisticsCommand,
  ListFiltersCommand,
  ListFindingAggregationsCommand,
  ListFindingsCommand,
  type ListFindingsCommandInput,
  ListTagsForResourceCommand,
  SearchVulnerabilitiesCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFilterCommand,
} from '@aws-sdk/client-inspector2';
import { signableUrl, signRequest } from '../../src/lib/sigv4-client.ts';
import { debian12, dpkgStanza, tarOf, writeLayout, writeTree } from '../../testkit/images.ts';
import { clientOf, type RunningService, runService } from '../../testkit/running-service.ts';
import { engines, missingPostgres, openEngine } from './engines.ts';

const feed = {
  debian: {
    openssl: { 'CVE-2024-0001': '3.0.11-1', 'CVE-2024-0002': null },
    bash: { 'CVE-2024-0003': '5.2.15-3' },
  },
  npm: { lodash: { 'CVE-2024-0101': '4.17.21' }, axios: { 'CVE-2024-0102': '0.21.1' } },
};
const lodash = (version: string) => JSON.stringify({ name: 'lodash', version });
const baseStatus = dpkgStanza('libssl3', '3.0.9-1', { source: 'openssl' }) + dpkgStanza('bash', '5.2.15-2');

for (const engine of engines) {
  describe(`the service on ${engine}`, () => {
    let database: Awaited<ReturnType<typeof openEngine>> = null;
    let running: RunningService;
    const place = mkdtempSync(join(tmpdir(), 'openinspector-places-'));
    const root = join(place, 'root');
    const layout = join(place, 'layout');
    const zips = join(place, 'zips');

    before(async () => {
      database = await openEngine(engine);
      if (!database) return;
      writeTree(root, { 'etc/os-release': debian12, 'var/lib/dpkg/status': baseStatus });
      writeLayout(layout, [
        {
          reference: 'app:1',
          layers: [tarOf({ 'app/node_modules/lodash/package.json': lodash('4.17.20') })],
        },
      ]);
      mkdirSync(zips, { recursive: true });
      running = await runService({
        databaseUrl: database.url,
        feed,
        watches: [
          { target: 'rootfs', location: root },
          { target: 'oci-layout', location: layout },
          { target: 'zip', location: zips },
        ],
      });
    });
    after(async () => {
      await running?.stop();
      database?.stop();
      rmSync(place, { recursive: true, force: true });
    });

    const it = (name: string, run: () => Promise<void>) =>
      test(name, async (context) => {
        if (!database) context.skip(missingPostgres);
        else await run();
      });

    async function findings(input: ListFindingsCommandInput = {}): Promise<Finding[]> {
      const all: Finding[] = [];
      let nextToken: string | undefined;
      do {
        const page = await running.client.send(new ListFindingsCommand({ ...input, nextToken }));
        all.push(...(page.findings ?? []));
        nextToken = page.nextToken;
      } while (nextToken);
      return all;
    }

    const active = async (): Promise<string[]> =>
      (await findings({ filterCriteria: { findingStatus: [{ comparison: 'EQUALS', value: 'ACTIVE' }] } }))
        .map(({ title }) => title ?? '')
        .sort();

    async function untilActive(...titles: string[]): Promise<void> {
      const wanted = JSON.stringify(titles.sort());
      let seen = '';
      await running
        .until(`active findings ${wanted}`, async () => {
          seen = JSON.stringify(await active());
          return seen === wanted;
        })
        .catch((error: Error) => {
          throw new Error(`${error.message}; they are ${seen}`);
        });
    }

    const osFindings = ['CVE-2024-0001 - libssl3', 'CVE-2024-0002 - libssl3', 'CVE-2024-0003 - bash'];

    it('finds what is there at the start', async () => {
      await untilActive(...osFindings, 'CVE-2024-0101 - lodash');
      const [finding] = await findings({
        filterCriteria: { vulnerabilityId: [{ comparison: 'EQUALS', value: 'CVE-2024-0001' }] },
      });
      assert.equal(finding?.awsAccountId, '111122223333');
      assert.match(
        finding?.findingArn ?? '',
        /^arn:aws:inspector2:eu-central-1:111122223333:finding\/[0-9a-f]{32}$/,
      );
      assert.equal(finding?.resources?.[0]?.type, 'AWS_EC2_INSTANCE');
      assert.equal(finding?.fixAvailable, 'YES');
      const pkg = finding?.packageVulnerabilityDetails?.vulnerablePackages?.[0];
      assert.equal(pkg?.name, 'libssl3');
      assert.equal(pkg?.version, '3.0.9');
      assert.equal(pkg?.release, '1');
      assert.equal(pkg?.fixedInVersion, '3.0.11-1');
      assert.match(pkg?.remediation ?? '', /apt-get/);
      const [open] = await findings({
        filterCriteria: { vulnerabilityId: [{ comparison: 'EQUALS', value: 'CVE-2024-0002' }] },
      });
      assert.equal(open?.fixAvailable, 'NO');
      assert.equal(
        open?.packageVulnerabilityDetails?.vulnerablePackages?.[0]?.fixedInVersion,
        'NotAvailable',
      );
    });

    it('filters, sorts and pages', async () => {
      const only = (criteria: ListFindingsCommandInput['filterCriteria']) =>
        findings({ filterCriteria: criteria });
      assert.equal((await only({ severity: [{ comparison: 'EQUALS', value: 'CRITICAL' }] })).length, 1);
      assert.equal((await only({ severity: [{ comparison: 'NOT_EQUALS', value: 'CRITICAL' }] })).length, 3);
      assert.equal((await only({ resourceType: [{ comparison: 'PREFIX', value: 'AWS_ECR' }] })).length, 1);
      assert.equal((await only({ title: [{ comparison: 'PREFIX', value: 'CVE-2024-000' }] })).length, 3);
      assert.equal((await only({ inspectorScore: [{ lowerInclusive: 9, upperInclusive: 10 }] })).length, 1);
      assert.equal((await only({ fixAvailable: [{ comparison: 'EQUALS', value: 'NO' }] })).length, 1);
      assert.equal((await only({ firstObservedAt: [{ endInclusive: new Date(0) }] })).length, 0);
      assert.equal((await only({ ecrImageTags: [{ comparison: 'EQUALS', value: '1' }] })).length, 1);
      const packages = await only({
        vulnerablePackages: [{ name: { comparison: 'EQUALS', value: 'libssl3' } }],
      });
      assert.equal(packages.length, 2);
      const both = await only({
        vulnerabilityId: [
          { comparison: 'EQUALS', value: 'CVE-2024-0001' },
          { comparison: 'EQUALS', value: 'CVE-2024-0003' },
        ],
      });
      assert.equal(both.length, 2);

      for (const sortOrder of ['ASC', 'DESC'] as const) {
        for (const field of [
          'SEVERITY',
          'INSPECTOR_SCORE',
          'VULNERABILITY_ID',
          'FIRST_OBSERVED_AT',
          'RESOURCE_TYPE',
          'EPSS_SCORE',
        ] as const) {
          const sortCriteria = { field, sortOrder };
          const whole = await findings({ sortCriteria });
          const paged = await findings({ sortCriteria, maxResults: 1 });
          assert.deepEqual(
            paged.map(({ findingArn }) => findingArn),
            whole.map(({ findingArn }) => findingArn),
            `${field} ${sortOrder}`,
          );
          assert.equal(whole.length, 4);
        }
      }
      const ids = (await findings({ sortCriteria: { field: 'VULNERABILITY_ID', sortOrder: 'ASC' } })).map(
        ({ packageVulnerabilityDetails }) => packageVulnerabilityDetails?.vulnerabilityId,
      );
      assert.deepEqual(ids, [...ids].sort());
    });

    it('refuses a token of another query, a filter that it does not know, and a wrong secret', async () => {
      const page = await running.client.send(new ListFindingsCommand({ maxResults: 1 }));
      const stolen = {
        maxResults: 1,
        nextToken: page.nextToken,
        filterCriteria: { severity: [{ comparison: 'EQUALS', value: 'LOW' }] },
      };
      await assert.rejects(running.client.send(new ListFindingsCommand(stolen as ListFindingsCommandInput)), {
        name: 'ValidationException',
      });
      await assert.rejects(running.client.send(new ListFindingsCommand({ nextToken: 'AAAA' })), {
        name: 'ValidationException',
      });
      const address = running.service.address;
      const body = JSON.stringify({ filterCriteria: { colour: [{ comparison: 'EQUALS', value: 'red' }] } });
      const url = new URL('/findings/list', address);
      const key = { ...running.key, region: 'eu-central-1', service: 'inspector2' };
      const headers = signRequest({ method: 'POST', url, body }, key, new Date());
      const answer = await fetch(url, { method: 'POST', body, headers });
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), /colour/);
      const wrong = clientOf(address, { ...running.key, secretAccessKey: 'wrong' }, 'eu-central-1');
      await assert.rejects(wrong.send(new ListFindingsCommand({})), { name: 'InvalidSignatureException' });
      const nobody = clientOf(address, { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' }, 'eu-central-1');
      await assert.rejects(nobody.send(new ListFindingsCommand({})), { name: 'UnrecognizedClientException' });
      for (const path of ['events', 'jobs', 'watches', 'history', 'explain?vulnerability=a&resource=b']) {
        assert.equal((await fetch(`${address}/openinspector/v1/${path}`)).status, 403, path);
      }
      assert.equal((await fetch(`${address}/openinspector/v1/health`)).status, 200);
    });

    it('covers every resource, and counts them', async () => {
      const { coveredResources = [] } = await running.client.send(new ListCoverageCommand({}));
      assert.deepEqual(coveredResources.map(({ resourceType }) => resourceType).sort(), [
        'AWS_EC2_INSTANCE',
        'AWS_ECR_CONTAINER_IMAGE',
      ]);
      for (const { scanStatus } of coveredResources) assert.equal(scanStatus?.reason, 'SUCCESSFUL');
      const counts = await running.client.send(
        new ListCoverageStatisticsCommand({ groupBy: 'RESOURCE_TYPE' }),
      );
      assert.equal(counts.totalCounts, 2);
      assert.equal(counts.countsByGroup?.length, 2);
      const one = { resourceType: [{ comparison: 'EQUALS' as const, value: 'AWS_ECR_CONTAINER_IMAGE' }] };
      const filtered = await running.client.send(new ListCoverageCommand({ filterCriteria: one }));
      assert.equal(filtered.coveredResources?.length, 1);
    });

    it('answers for a vulnerability by its id', async () => {
      const search = (id: string) =>
        running.client.send(new SearchVulnerabilitiesCommand({ filterCriteria: { vulnerabilityIds: [id] } }));
      const { vulnerabilities } = await search('CVE-2024-0101');
      assert.equal(vulnerabilities?.[0]?.id, 'CVE-2024-0101');
      assert.equal(vulnerabilities?.[0]?.cvss3?.baseScore, 9.8);
      assert.deepEqual((await search('CVE-1999-99999')).vulnerabilities, []);
    });

    it('counts findings by what is asked for', async () => {
      const by = async (aggregationType: AggregationType, aggregationRequest?: AggregationRequest) =>
        (
          await running.client.send(
            new ListFindingAggregationsCommand({ aggregationType, aggregationRequest }),
          )
        ).responses ?? [];
      const [account] = await by('ACCOUNT');
      assert.deepEqual(account?.accountAggregation?.severityCounts?.all, 4);
      assert.equal(account?.accountAggregation?.severityCounts?.critical, 1);
      const packages = await by('PACKAGE');
      assert.deepEqual(
        packages.map(({ packageAggregation }) => [
          packageAggregation?.packageName,
          packageAggregation?.severityCounts?.all,
        ]),
        [
          ['libssl3', 2],
          ['bash', 1],
          ['lodash', 1],
        ],
      );
      const narrowed = await by('PACKAGE', {
        packageAggregation: { packageNames: [{ comparison: 'EQUALS', value: 'bash' }] },
      });
      assert.equal(narrowed.length, 1);
      const [image] = await by('AWS_ECR_CONTAINER');
      assert.deepEqual(image?.awsEcrContainerAggregation?.imageTags, ['1']);
      const [repository] = await by('REPOSITORY', {
        repositoryAggregation: { sortBy: 'AFFECTED_IMAGES', sortOrder: 'DESC' },
      });
      assert.equal(repository?.repositoryAggregation?.affectedImages, 1);
      for (const type of [
        'TITLE',
        'AMI',
        'AWS_EC2_INSTANCE',
        'IMAGE_LAYER',
        'FINDING_TYPE',
        'AWS_LAMBDA_FUNCTION',
        'LAMBDA_LAYER',
        'CODE_REPOSITORY',
      ] as const)
        await by(type);
      const first = await running.client.send(
        new ListFindingAggregationsCommand({ aggregationType: 'TITLE', maxResults: 3 }),
      );
      const rest = await running.client.send(
        new ListFindingAggregationsCommand({
          aggregationType: 'TITLE',
          maxResults: 3,
          nextToken: first.nextToken,
        }),
      );
      assert.deepEqual([first.responses?.length, rest.responses?.length, rest.nextToken], [3, 1, undefined]);
      await assert.rejects(by('PACKAGE', { titleAggregation: {} }), { name: 'ValidationException' });
    });

    it('saves filters, suppresses by rules, and gives back what a rule no longer hides', async () => {
      const rule = { vulnerabilityId: [{ comparison: 'PREFIX' as const, value: 'CVE-2024-000' }] };
      const made = await running.client.send(
        new CreateFilterCommand({
          name: 'accepted',
          action: 'SUPPRESS',
          filterCriteria: rule,
          reason: 'test',
          tags: { team: 'a' },
        }),
      );
      await untilActive('CVE-2024-0101 - lodash');
      const hidden = await findings({
        filterCriteria: { findingStatus: [{ comparison: 'EQUALS', value: 'SUPPRESSED' }] },
      });
      assert.equal(hidden.length, 3);
      await assert.rejects(
        running.client.send(
          new CreateFilterCommand({ name: 'accepted', action: 'NONE', filterCriteria: rule }),
        ),
        { name: 'BadRequestException' },
      );
      await assert.rejects(
        running.client.send(new CreateFilterCommand({ name: 'x', action: 'NONE', filterCriteria: rule })),
        { name: 'ValidationException' },
      );
      const dated = { firstObservedAt: [{ startInclusive: new Date('2020-01-01') }] };
      const saved = await running.client.send(
        new CreateFilterCommand({ name: 'recent', action: 'NONE', filterCriteria: dated }),
      );
      const { filters = [] } = await running.client.send(new ListFiltersCommand({}));
      assert.deepEqual(
        filters.map(({ name }) => name),
        ['accepted', 'recent'],
      );
      assert.deepEqual(filters[0]?.criteria, rule);
      assert.deepEqual(filters[1]?.criteria, dated);
      assert.deepEqual(filters[0]?.tags, { team: 'a' });
      await running.client.send(new TagResourceCommand({ resourceArn: made.arn, tags: { env: 'b' } }));
      await running.client.send(new UntagResourceCommand({ resourceArn: made.arn, tagKeys: ['team'] }));
      assert.deepEqual(
        (await running.client.send(new ListTagsForResourceCommand({ resourceArn: made.arn }))).tags,
        { env: 'b' },
      );
      await running.client.send(
        new UpdateFilterCommand({
          filterArn: made.arn,
          filterCriteria: { title: [{ comparison: 'PREFIX', value: 'CVE-2024-0003' }] },
        }),
      );
      await untilActive('CVE-2024-0001 - libssl3', 'CVE-2024-0002 - libssl3', 'CVE-2024-0101 - lodash');
      await running.client.send(new DeleteFilterCommand({ arn: made.arn }));
      await running.client.send(new DeleteFilterCommand({ arn: saved.arn }));
      await untilActive(...osFindings, 'CVE-2024-0101 - lodash');
      await assert.rejects(running.client.send(new DeleteFilterCommand({ arn: made.arn })), {
        name: 'ResourceNotFoundException',
      });
    });

    it('gives the details of findings, and says which it does not know', async () => {
      const [finding] = await findings();
      const unknown = `${finding?.findingArn?.slice(0, -32)}${'0'.repeat(32)}`;
      const answer = await running.client.send(
        new BatchGetFindingDetailsCommand({ findingArns: [finding?.findingArn ?? '', unknown] }),
      );
      assert.deepEqual(
        answer.findingDetails?.map(({ findingArn }) => findingArn),
        [finding?.findingArn],
      );
      assert.deepEqual(
        answer.errors?.map(({ errorCode }) => errorCode),
        ['FINDING_DETAILS_NOT_FOUND'],
      );
    });

    it('scans again when the package database changes, and only then', async () => {
      writeTree(root, {
        'var/lib/dpkg/status':
          dpkgStanza('libssl3', '3.0.11-1', { source: 'openssl' }) + dpkgStanza('bash', '5.2.15-2'),
      });
      await untilActive('CVE-2024-0002 - libssl3', 'CVE-2024-0003 - bash', 'CVE-2024-0101 - lodash');
      const closed = await findings({
        filterCriteria: { findingStatus: [{ comparison: 'EQUALS', value: 'CLOSED' }] },
      });
      assert.deepEqual(
        closed.map(({ title }) => title),
        ['CVE-2024-0001 - libssl3'],
      );
      const first = closed[0]?.firstObservedAt?.getTime();
      writeTree(root, { 'var/lib/dpkg/status': baseStatus });
      await untilActive(...osFindings, 'CVE-2024-0101 - lodash');
      const [back] = await findings({
        filterCriteria: { vulnerabilityId: [{ comparison: 'EQUALS', value: 'CVE-2024-0001' }] },
      });
      assert.equal(back?.firstObservedAt?.getTime(), first, 'it came back as the same finding');
    });

    it('notices images and functions that appear, change and go', async () => {
      const image = (version: string) => ({
        reference: 'app:1',
        layers: [tarOf({ 'app/node_modules/lodash/package.json': lodash(version) })],
      });
      writeLayout(layout, [
        image('4.17.20'),
        {
          reference: 'other:2',
          layers: [
            tarOf({
              'x/node_modules/axios/package.json': JSON.stringify({ name: 'axios', version: '0.19.0' }),
            }),
          ],
        },
      ]);
      await untilActive(...osFindings, 'CVE-2024-0101 - lodash', 'CVE-2024-0102 - axios');
      writeLayout(layout, [image('4.17.21')]);
      await untilActive(...osFindings);
      const { execFileSync } = await import('node:child_process');
      const content = join(place, 'function');
      const pack = (version: string) => {
        writeTree(content, { 'node_modules/lodash/package.json': lodash(version) });
        rmSync(join(place, 'new.zip'), { force: true });
        execFileSync('python3', [
          '-c',
          'import shutil,sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])',
          join(place, 'new'),
          content,
        ]);
        renameSync(join(place, 'new.zip'), join(zips, 'handler.zip'));
      };
      pack('4.17.20');
      await untilActive(...osFindings, 'CVE-2024-0101 - lodash');
      pack('4.17.21');
      await untilActive(...osFindings);
      pack('4.17.20');
      await untilActive(...osFindings, 'CVE-2024-0101 - lodash');
      rmSync(join(zips, 'handler.zip'));
      await untilActive(...osFindings);
    });

    it('judges again what a new revision changes, and nothing else', async () => {
      await running.build({
        debian: {
          openssl: { 'CVE-2024-0001': '3.0.11-1' },
          bash: { 'CVE-2024-0003': '5.2.15-3', 'CVE-2024-0004': null },
        },
        npm: feed.npm,
      });
      await untilActive('CVE-2024-0001 - libssl3', 'CVE-2024-0003 - bash', 'CVE-2024-0004 - bash');
      const [withdrawn] = await findings({
        filterCriteria: { vulnerabilityId: [{ comparison: 'EQUALS', value: 'CVE-2024-0002' }] },
      });
      assert.equal(withdrawn?.status, 'CLOSED');
      const jobs = await call<{ jobs: { job: string; why: string; outcome: string }[] }>(
        '/openinspector/v1/jobs?limit=500',
      );
      const rematch = jobs.jobs.find(({ job, outcome }) => job === 'rematch' && outcome === 'done');
      assert.match(
        rematch?.why ?? '',
        /2 keys .*; 3 of 6 package versions judged again, 3 left alone; 1 opened, 1 closed/,
      );
    });

    it('logs what it left alone, and why', async () => {
      const watches = await call<{ watches: { watchId: number }[] }>('/openinspector/v1/watches');
      for (const { watchId } of watches.watches) await running.service.queue.discover(watchId, 'a test');
      assert.ok(await running.service.queue.idle(20_000));
      const { jobs } = await call<{ jobs: { trigger: string; outcome: string; why: string }[] }>(
        '/openinspector/v1/jobs?limit=500',
      );
      const skipped = jobs.filter(({ trigger, outcome }) => trigger === 'a test' && outcome === 'skipped');
      assert.equal(skipped.length, 2);
      for (const { why } of skipped) assert.match(why, /unchanged/);
    });

    it('explains findings and non-findings', async () => {
      const ask = (id: string) =>
        call<{
          explanation: { answer: string; packages: { verdict: { proof: { comparisons: unknown[] } } }[] };
        }>(`/openinspector/v1/explain?${new URLSearchParams({ vulnerability: id, resource: root })}`);
      const found = await ask('CVE-2024-0001');
      assert.equal(found.explanation.answer, 'affected');
      assert.equal(found.explanation.packages[0]?.verdict.proof.comparisons.length, 1);
      assert.equal((await ask('CVE-2024-0101')).explanation.answer, 'absent');
      assert.equal((await ask('CVE-1999-99999')).explanation.answer, 'cannot-say');
    });

    it('finds where a package is, before any advisory names it', async () => {
      const ask = (query: string) =>
        call<{ packages: { resourceName: string; package: { name: string } }[] }>(
          `/openinspector/v1/packages?${new URLSearchParams({ query })}`,
        );
      // By the source's name as well as by its own.
      const bySource = await ask('deb/openssl >=3.0 <3.1');
      assert.deepEqual(
        bySource.packages.map((item) => item.package.name),
        ['libssl3'],
      );
      assert.equal(bySource.packages[0]?.resourceName, root);
      assert.equal((await ask('deb/libssl3 <3.0.9')).packages.length, 0);
      assert.equal((await ask('deb/bash')).packages.length, 1);
    });

    it('streams what happens to findings, and goes on where a client left off', async () => {
      const url = new URL('/openinspector/v1/events', running.service.address);
      const read = async (
        after: string | null,
        count: number,
        act: () => void,
      ): Promise<{ id: string; kind: string; title: string }[]> => {
        const key = { ...running.key, region: 'eu-central-1', service: 'inspector2' };
        const stop = new AbortController();
        const headers = {
          ...signRequest({ method: 'GET', url, body: '' }, key, new Date()),
          ...(after ? { 'last-event-id': after } : {}),
        };
        const answer = await fetch(url, { headers, signal: stop.signal });
        assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
        act();
        const events: { id: string; kind: string; title: string }[] = [];
        let text = '';
        for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
          text += Buffer.from(chunk).toString('utf8');
          for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
            const fields = new Map(
              text
                .slice(0, end)
                .split('\n')
                .map(
                  (line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const,
                ),
            );
            text = text.slice(end + 2);
            const id = fields.get('id');
            if (id) events.push({ id, ...JSON.parse(fields.get('data') ?? '{}') });
          }
          if (events.length >= count) break;
        }
        stop.abort();
        return events;
      };
      const closing = await read(null, 2, () => {
        writeTree(root, { 'var/lib/dpkg/status': dpkgStanza('libssl3', '3.0.9-1', { source: 'openssl' }) });
      });
      assert.deepEqual(closing.map(({ kind, title }) => `${kind} ${title}`).sort(), [
        'CLOSED CVE-2024-0003 - bash',
        'CLOSED CVE-2024-0004 - bash',
      ]);
      const first = closing.find(
        ({ id }) => id === String(Math.min(...closing.map((event) => Number(event.id)))),
      );
      const again = await read(first?.id ?? '', 1, () => {});
      assert.equal(again[0]?.id, closing.find(({ id }) => id !== first?.id)?.id);
    });

    it('turns scan types off and on', async () => {
      await running.client.send(new DisableCommand({ resourceTypes: ['EC2'] }));
      const { accounts } = await running.client.send(new BatchGetAccountStatusCommand({}));
      assert.equal(accounts?.[0]?.resourceState?.ec2?.status, 'DISABLED');
      assert.equal(accounts?.[0]?.resourceState?.ecr?.status, 'ENABLED');
      assert.equal(
        (
          await findings({
            filterCriteria: { resourceType: [{ comparison: 'EQUALS', value: 'AWS_EC2_INSTANCE' }] },
          })
        ).length,
        0,
      );
      const enabled = await running.client.send(
        new EnableCommand({ resourceTypes: ['EC2'], accountIds: ['111122223333', '999999999999'] }),
      );
      assert.equal(enabled.accounts?.[0]?.status, 'ENABLED');
      assert.equal(enabled.failedAccounts?.[0]?.errorCode, 'ACCESS_DENIED');
      await untilActive('CVE-2024-0001 - libssl3');
    });

    it('closes the findings of a resource that goes, and keeps them for three days', async () => {
      rmSync(join(root, 'var'), { recursive: true });
      writeFileSync(join(root, 'etc/os-release'), debian12);
      rmSync(root, { recursive: true });
      writeLayout(layout, []);
      await untilActive();
    });

    async function call<T>(path: string): Promise<T> {
      const url = signableUrl(path, running.service.address);
      const key = { ...running.key, region: 'eu-central-1', service: 'inspector2' };
      const answer = await fetch(url, {
        headers: signRequest({ method: 'GET', url, body: '' }, key, new Date()),
      });
      assert.equal(answer.status, 200, await answer.clone().text());
      return (await answer.json()) as T;
    }
  });
}
