import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as sdk from '@aws-sdk/client-inspector2';
import { operations } from '../../src/api/wire/schema.ts';
import { debian12, dpkgStanza, tarOf, writeLayout, writeTree } from '../../testkit/images.ts';
import { type RunningService, runService } from '../../testkit/running-service.ts';
import { type Sample, sampleOf, variantsOf } from '../wire/sample.ts';
import { addCaller, type Caller } from './callers.ts';
import { engines, missingPostgres, openEngine } from './engines.ts';
import { furnishRest, stateOfRest } from './isolation-estate.ts';

// A member of somebody's organisation tries every operation of the client with another account's names. Whatever the
// answer is, it holds nothing of that account that was not in the question, and that account is as it was.

const feed = {
  debian: { openssl: { 'CVE-2024-0001': '3.0.11-1' } },
  npm: { lodash: { 'CVE-2024-0101': '4.17.21' } },
};
const victimId = '111122223333';
type AnyCommand = new (input: unknown) => sdk.ListFindingsCommand;
const commands = sdk as unknown as Readonly<Record<string, AnyCommand>>;
const ours = operations.filter(({ service }) => service === 'inspector2');

for (const engine of engines) {
  describe(`isolation on ${engine}`, () => {
    let database: Awaited<ReturnType<typeof openEngine>> = null;
    let running: RunningService;
    let admin: Caller;
    let intruder: Caller;
    // Names of the victim by what they name; in an answer they are secrets.
    let names: Readonly<Record<'arn' | 'resource' | 'text', readonly string[]>>;
    // And by the member that takes no other kind: an ARN of another kind would be refused for its form alone.
    let kinds: Readonly<Record<string, readonly string[]>> = {};
    let secrets: readonly string[] = [];
    const place = mkdtempSync(join(tmpdir(), 'openinspector-isolation-'));

    before(async () => {
      database = await openEngine(engine);
      if (!database) return;
      writeTree(join(place, 'root'), {
        'etc/os-release': debian12,
        'var/lib/dpkg/status': dpkgStanza('libssl3', '3.0.9-1', { source: 'openssl' }),
      });
      const lodash = JSON.stringify({ name: 'lodash', version: '4.17.20' });
      writeTree(join(place, 'secret-project'), { 'node_modules/lodash/package.json': lodash });
      writeLayout(join(place, 'layout'), [
        { reference: 'secret-app:1', layers: [tarOf({ 'app/node_modules/lodash/package.json': lodash })] },
      ]);
      running = await runService({
        databaseUrl: database.url,
        feed,
        watches: [
          { target: 'rootfs', location: join(place, 'root') },
          { target: 'oci-layout', location: join(place, 'layout') },
          { target: 'dir', location: join(place, 'secret-project') },
        ],
      });
      admin = await addCaller(running, '222233334444');
      intruder = await addCaller(running, '333344445555', ['EC2', 'ECR', 'LAMBDA']);
      await furnish();
    });
    after(async () => {
      for (const caller of [admin, intruder]) caller?.client.destroy();
      await running?.stop();
      database?.stop();
      rmSync(place, { recursive: true, force: true });
    });

    async function furnish(): Promise<void> {
      const { client } = running;
      let findings: sdk.Finding[] = [];
      await running.until('findings of the victim', async () => {
        findings = (await client.send(new sdk.ListFindingsCommand({}))).findings ?? [];
        return findings.length === 3;
      });
      const criteria = { title: [{ comparison: 'EQUALS' as const, value: 'secret-title' }] };
      const { arn = '' } = await client.send(
        new sdk.CreateFilterCommand({
          name: 'secret-filter',
          action: 'NONE',
          filterCriteria: criteria,
          tags: { owner: 'secret-tag' },
        }),
      );
      const kmsKeyId = `arn:aws:kms:eu-central-1:${victimId}:key/0d2f4a6c-1111-2222-3333-444455556666`;
      for (const resourceType of ['AWS_LAMBDA_FUNCTION', 'CODE_REPOSITORY'] as const)
        await client.send(new sdk.UpdateEncryptionKeyCommand({ kmsKeyId, scanType: 'CODE', resourceType }));
      await client.send(
        new sdk.UpdateEc2DeepInspectionConfigurationCommand({ packagePaths: ['/secret-path'] }),
      );
      await client.send(
        new sdk.EnableDelegatedAdminAccountCommand({ delegatedAdminAccountId: admin.accountId }),
      );
      await admin.client.send(new sdk.AssociateMemberCommand({ accountId: intruder.accountId }));
      const resources = findings.flatMap((finding) => finding.resources ?? []).map(({ id = '' }) => id);
      const arns = findings.map(({ findingArn = '' }) => findingArn);
      kinds = await furnishRest(running, resources);
      // What runs by itself is over before the state is taken.
      assert.equal(await running.service.queue.idle(20_000), true);
      const own = Object.values(kinds).flat();
      const rest = own.filter((name) => name.startsWith('arn:aws:inspector2'));
      names = {
        arn: [arn, kmsKeyId, ...arns, ...rest],
        resource: resources,
        text: [victimId, ...resources, ...arns, 'secret-title', 'secret-filter', ...rest],
      };
      secrets = [
        ...names.arn,
        ...names.text,
        ...own,
        ...['secret-tag', 'secret-path', 'secret-app', 'secret-project', 'secret-scan', 'secret-check'],
        ...['secret-hub', 'secret-code', 'secret-azure', 'secretregion'],
      ];
    }

    // Every name of the sample in turn takes the victim's: pass by pass another one of its kind.
    function aimed(value: unknown, key: string, pass: number): unknown {
      if (Array.isArray(value)) return value.map((item) => aimed(item, key, pass));
      if (value instanceof Date || value instanceof Uint8Array) return value;
      if (typeof value === 'object' && value !== null)
        return Object.fromEntries(
          Object.entries(value).map(([name, item]) => [name, aimed(item, name, pass)]),
        );
      if (typeof value !== 'string') return value;
      const take = (list: readonly string[]) => list[pass % list.length] ?? value;
      if (key === 'comparison') return 'EQUALS';
      const ofKind = kinds[key];
      if (ofKind) return take(ofKind);
      if (/account/i.test(key)) return victimId;
      if (/resourceId$/i.test(key)) return take(names.resource);
      if (/arns?$/i.test(key) || key === 'kmsKeyId') return take(names.arn);
      if (key === 'value') return take(names.text);
      // A token of nobody would hide what a first page shows.
      return key === 'nextToken' ? undefined : value;
    }

    async function attempt(name: string, input: Sample): Promise<string> {
      try {
        const { $metadata, ...answer } = await intruder.client.send(
          new (commands[`${name}Command`] as AnyCommand)(input),
        );
        return JSON.stringify(answer);
      } catch (thrown) {
        const {
          name: code,
          message,
          $metadata,
          $fault,
          $response,
          ...rest
        } = thrown as Error & Record<string, unknown>;
        return JSON.stringify([code, message, rest]);
      }
    }

    async function stateOfVictim(): Promise<string> {
      const { client } = running;
      const filters = await client.send(new sdk.ListFiltersCommand({}));
      const scanning = await client.send(new sdk.BatchGetAccountStatusCommand({}));
      const inspection = await client.send(new sdk.GetEc2DeepInspectionConfigurationCommand({}));
      const configuration = await client.send(new sdk.GetConfigurationCommand({}));
      const key = await client.send(
        new sdk.GetEncryptionKeyCommand({ scanType: 'CODE', resourceType: 'CODE_REPOSITORY' }),
      );
      const { findings = [] } = await client.send(new sdk.ListFindingsCommand({}));
      const statuses = findings.map(({ findingArn, status }) => [findingArn, status]);
      const { delegatedAdminAccounts } = await client.send(new sdk.ListDelegatedAdminAccountsCommand({}));
      const { members } = await admin.client.send(new sdk.ListMembersCommand({ onlyAssociated: false }));
      return JSON.stringify([
        filters.filters,
        scanning.accounts,
        { ...inspection, $metadata: null },
        { ...configuration, $metadata: null },
        key.kmsKeyId,
        statuses,
        delegatedAdminAccounts,
        members,
        await stateOfRest(running, kinds),
      ]);
    }

    test('no operation tells or changes anything of another account', async (context) => {
      if (!database) return context.skip(missingPostgres);
      const before = await stateOfVictim();
      let tries = 0;
      for (const operation of ours) {
        const outcomes = new Set<string>();
        for (const members of ['required', 'all'] as const) {
          for (let variant = 0; variant < Math.min(variantsOf(operation.input), 20); variant++) {
            for (let pass = 0; pass < names.text.length; pass++) {
              const input = aimed(sampleOf(operation.input, { members, variant }), '', pass) as Sample;
              const asked = JSON.stringify(input);
              const answer = await attempt(operation.name, input);
              tries++;
              outcomes.add(answer.startsWith('[') ? (JSON.parse(answer)[0] as string) : 'answered');
              for (const secret of secrets)
                if (!asked.includes(secret))
                  assert.ok(!answer.includes(secret), `${operation.name} ${asked} told ${secret}: ${answer}`);
            }
          }
        }
        console.log(`${operation.name}: ${[...outcomes].join(', ')}`);
      }
      assert.ok(tries > 1000, `${tries} tries`);
      assert.equal(await stateOfVictim(), before, 'the other account is as it was');
    });

    test('the question is a fair one: the owner gets these answers', async (context) => {
      if (!database) return context.skip(missingPostgres);
      const { filters } = await running.client.send(
        new sdk.ListFiltersCommand({ arns: [names.arn[0] ?? ''] }),
      );
      assert.equal(filters?.[0]?.name, 'secret-filter');
      const { tags } = await running.client.send(
        new sdk.ListTagsForResourceCommand({ resourceArn: names.arn[0] ?? '' }),
      );
      assert.deepEqual(tags, { owner: 'secret-tag' });
      const details = await running.client.send(
        new sdk.BatchGetFindingDetailsCommand({ findingArns: [names.arn[2] ?? ''] }),
      );
      assert.equal(details.findingDetails?.length, 1);
      const rest = JSON.stringify(await stateOfRest(running, kinds));
      for (const secret of ['secret-scan', 'secret-check', 'secret-hub', 'secret-code', 'secret-azure'])
        assert.ok(rest.includes(secret), secret);
    });
  });
}
