import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Sha256 } from '@aws-crypto/sha256-js';
import * as sdk from '@aws-sdk/client-inspector2';
import { SignatureV4 } from '@smithy/signature-v4';
import { signableUrl, signRequest } from '../../src/lib/sigv4-client.ts';
import { debian12, dpkgStanza, tarOf, writeLayout, writeTree } from '../../testkit/images.ts';
import { type RunningService, runService } from '../../testkit/running-service.ts';
import { addCaller, type Caller } from './callers.ts';
import { engines, missingPostgres, openEngine } from './engines.ts';

const feed = {
  debian: { openssl: { 'CVE-2024-0001': '3.0.11-1' } },
  npm: { lodash: { 'CVE-2024-0101': '4.17.21' } },
};
const hub = '111122223333';
// What was tried, by operation; printed as a table at the end.
const tried = new Map<string, Set<string>>();

type Name = { [K in keyof typeof sdk]: K extends `${infer N}Command` ? N : never }[keyof typeof sdk];
type Input<N extends Name> = (typeof sdk)[`${N}Command`] extends abstract new (
  ...parameters: never[]
) => sdk.$Command<infer I, infer _Output, infer _Configuration>
  ? I
  : never;
// biome-ignore lint/suspicious/noExplicitAny: answers are of every shape, and checked field by field
type Answer = any;
type AnyCommand = new (input: unknown) => sdk.ListFindingsCommand;
const commands = sdk as unknown as Readonly<Record<string, AnyCommand>>;

for (const engine of engines) {
  describe(`operations on ${engine}`, () => {
    let database: Awaited<ReturnType<typeof openEngine>> = null;
    let running: RunningService;
    let owner: sdk.Inspector2Client;
    let admin: Caller;
    let member: Caller;
    let lone: Caller;
    const place = mkdtempSync(join(tmpdir(), 'openinspector-operations-'));

    // A store that keeps what it is given, or refuses with a status.
    const puts: { url: string; headers: IncomingHttpHeaders; body: Buffer }[] = [];
    let refusal = 200;
    let store: Server;

    before(async () => {
      database = await openEngine(engine);
      if (!database) return;
      store = createServer(async (request, response) => {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        puts.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) });
        response.writeHead(refusal).end();
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => store.once('listening', resolve));
      mkdirSync(join(place, 'reports', 'my-bucket'), { recursive: true });
      process.env.OPENINSPECTOR_REPORT_DIRECTORY = join(place, 'reports');
      process.env.OPENINSPECTOR_S3_ENDPOINT = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
      Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' });
      writeTree(join(place, 'root'), {
        'etc/os-release': debian12,
        'var/lib/dpkg/status': dpkgStanza('libssl3', '3.0.9-1', { source: 'openssl' }),
      });
      const lodash = JSON.stringify({ name: 'lodash', version: '4.17.20' });
      writeLayout(join(place, 'layout'), [
        { reference: 'app:1', layers: [tarOf({ 'app/node_modules/lodash/package.json': lodash })] },
      ]);
      running = await runService({
        databaseUrl: database.url,
        feed,
        watches: [
          { target: 'rootfs', location: join(place, 'root') },
          { target: 'oci-layout', location: join(place, 'layout') },
        ],
      });
      owner = running.client;
      admin = await addCaller(running, '222233334444');
      member = await addCaller(running, '333344445555');
      lone = await addCaller(running, '444455556666');
    });
    after(async () => {
      for (const caller of [admin, member, lone]) caller?.client.destroy();
      await running?.stop();
      database?.stop();
      store?.close();
      rmSync(place, { recursive: true, force: true });
    });

    const it = (name: string, run: () => Promise<void>) =>
      test(name, async (context) => {
        if (!database) context.skip(missingPostgres);
        else await run();
      });
    const note = (operation: string, what: string) => {
      tried.set(operation, (tried.get(operation) ?? new Set()).add(what));
    };

    async function call<N extends Name>(
      client: sdk.Inspector2Client,
      name: N,
      input: Input<N>,
    ): Promise<Answer> {
      const { $metadata, ...answer } = await client.send(
        new (commands[`${name}Command`] as AnyCommand)(input),
      );
      note(name, 'success');
      return answer;
    }
    async function refused<N extends Name>(
      client: sdk.Inspector2Client,
      name: N,
      input: Input<N>,
      error: string,
      message: RegExp = /./,
    ): Promise<void> {
      await assert.rejects(
        call(client, name, input),
        (thrown: Error) => {
          assert.equal(thrown.name, error, thrown.message);
          assert.match(thrown.message, message);
          return true;
        },
        `${name} ${error}`,
      );
      note(name, error);
    }
    const denied = /^Invoking account does not have access to/;

    it('names a delegated administrator, by the management account only, and one', async () => {
      for (const { client } of [admin, member]) {
        const input = { delegatedAdminAccountId: admin.accountId };
        await refused(client, 'EnableDelegatedAdminAccount', input, 'AccessDeniedException', denied);
        await refused(client, 'DisableDelegatedAdminAccount', input, 'AccessDeniedException', denied);
        await refused(client, 'ListDelegatedAdminAccounts', {}, 'AccessDeniedException', denied);
      }
      await refused(owner, 'GetDelegatedAdminAccount', {}, 'ResourceNotFoundException');
      assert.deepEqual(await call(owner, 'ListDelegatedAdminAccounts', {}), { delegatedAdminAccounts: [] });
      const unknown = { delegatedAdminAccountId: '999999999999' };
      await refused(owner, 'EnableDelegatedAdminAccount', unknown, 'ResourceNotFoundException');
      await refused(owner, 'DisableDelegatedAdminAccount', unknown, 'ResourceNotFoundException');
      const input = { delegatedAdminAccountId: admin.accountId };
      assert.deepEqual(await call(owner, 'EnableDelegatedAdminAccount', input), input);
      await refused(owner, 'EnableDelegatedAdminAccount', input, 'ConflictException');
      const other = { delegatedAdminAccountId: lone.accountId };
      await refused(owner, 'EnableDelegatedAdminAccount', other, 'ConflictException', /222233334444/);
      const expected = { accountId: admin.accountId, relationshipStatus: 'ENABLED' };
      for (const client of [owner, admin.client])
        assert.deepEqual((await call(client, 'GetDelegatedAdminAccount', {})).delegatedAdmin, expected);
      await refused(lone.client, 'GetDelegatedAdminAccount', {}, 'ResourceNotFoundException');
      assert.deepEqual(
        (await call(admin.client, 'ListDelegatedAdminAccounts', { maxResults: 5 })).delegatedAdminAccounts,
        [{ accountId: admin.accountId, status: 'ENABLED' }],
      );
      await refused(owner, 'ListDelegatedAdminAccounts', { maxResults: 6 }, 'ValidationException');
      await refused(owner, 'ListDelegatedAdminAccounts', { nextToken: 'AAAA' }, 'ValidationException');
      const status = await call(admin.client, 'BatchGetAccountStatus', {});
      assert.equal(
        status.accounts[0].resourceState.lambdaCode.status,
        'ENABLED',
        'the administrator has all types',
      );
    });

    it('enables for members what the organisation says, from then on', async () => {
      await refused(lone.client, 'DescribeOrganizationConfiguration', {}, 'AccessDeniedException', denied);
      const flags = { ec2: true, ecr: false, lambda: true, lambdaCode: false, codeRepository: false };
      await refused(
        lone.client,
        'UpdateOrganizationConfiguration',
        { autoEnable: flags },
        'AccessDeniedException',
        denied,
      );
      const none = { ec2: false, ecr: false, lambda: false, lambdaCode: false, codeRepository: false };
      assert.deepEqual(await call(admin.client, 'DescribeOrganizationConfiguration', {}), {
        autoEnable: none,
        maxAccountLimitReached: false,
      });
      await refused(
        admin.client,
        'UpdateOrganizationConfiguration',
        { autoEnable: { ec2: true, ecr: true, lambdaCode: true } },
        'ValidationException',
      );
      await call(admin.client, 'AssociateMember', { accountId: lone.accountId });
      const set = await call(admin.client, 'UpdateOrganizationConfiguration', {
        autoEnable: { ec2: true, ecr: false, lambda: true },
      });
      assert.deepEqual(set, { autoEnable: flags });
      assert.deepEqual((await call(admin.client, 'DescribeOrganizationConfiguration', {})).autoEnable, flags);
      await call(admin.client, 'AssociateMember', { accountId: member.accountId });
      const stateOf = async ({ client }: Caller) =>
        (await call(client, 'BatchGetAccountStatus', {})).accounts[0].resourceState;
      const early = await stateOf(lone);
      assert.deepEqual([early.ec2.status, early.lambda.status], ['DISABLED', 'DISABLED']);
      const late = await stateOf(member);
      assert.deepEqual(
        [late.ec2.status, late.ecr.status, late.lambda.status, late.lambdaCode.status],
        ['ENABLED', 'DISABLED', 'ENABLED', 'DISABLED'],
      );
      await call(admin.client, 'DisassociateMember', { accountId: lone.accountId });
    });

    it('keeps members: associated, listed page by page, removed', async () => {
      const id = { accountId: member.accountId };
      for (const caller of [member, lone])
        for (const name of ['AssociateMember', 'DisassociateMember', 'GetMember'] as const)
          await refused<'GetMember'>(caller.client, name as 'GetMember', id, 'AccessDeniedException', denied);
      await refused(member.client, 'ListMembers', {}, 'AccessDeniedException', denied);
      await refused(admin.client, 'AssociateMember', { accountId: admin.accountId }, 'ValidationException');
      await refused(admin.client, 'AssociateMember', { accountId: '999999999999' }, 'ValidationException');
      await refused(admin.client, 'AssociateMember', { accountId: '12' }, 'ValidationException');
      await refused(admin.client, 'DisassociateMember', { accountId: hub }, 'ValidationException');
      await refused(admin.client, 'GetMember', { accountId: hub }, 'ResourceNotFoundException');
      const before = await call(admin.client, 'GetMember', id);
      assert.deepEqual(await call(admin.client, 'AssociateMember', id), id);
      assert.deepEqual(
        await call(admin.client, 'GetMember', id),
        before,
        'associating again changes nothing',
      );
      assert.equal(before.member.relationshipStatus, 'ENABLED');
      assert.equal(before.member.delegatedAdminAccountId, admin.accountId);
      assert.ok(before.member.updatedAt instanceof Date);
      const only = await call(admin.client, 'ListMembers', {});
      assert.deepEqual(only.members, [before.member]);
      await call(admin.client, 'AssociateMember', { accountId: hub });
      const seen: string[] = [];
      let nextToken: string | undefined;
      do {
        const page = await call(admin.client, 'ListMembers', {
          onlyAssociated: false,
          maxResults: 1,
          nextToken,
        });
        assert.equal(page.members.length, 1);
        seen.push(`${page.members[0].accountId} ${page.members[0].relationshipStatus}`);
        nextToken = page.nextToken;
      } while (nextToken);
      assert.deepEqual(seen, [`${hub} ENABLED`, '333344445555 ENABLED', '444455556666 REMOVED']);
      const first = await call(admin.client, 'ListMembers', { maxResults: 1 });
      note('ListMembers', 'pages');
      await refused(
        admin.client,
        'ListMembers',
        { maxResults: 1, onlyAssociated: false, nextToken: first.nextToken },
        'ValidationException',
      );
      for (const maxResults of [0, 51])
        await refused(admin.client, 'ListMembers', { maxResults }, 'ValidationException');
      assert.equal((await call(admin.client, 'ListMembers', { maxResults: 50 })).members.length, 2);
      await call(admin.client, 'DisassociateMember', { accountId: hub });
      assert.equal(
        (await call(admin.client, 'GetMember', { accountId: hub })).member.relationshipStatus,
        'REMOVED',
      );
      await refused(admin.client, 'DisassociateMember', { accountId: hub }, 'ValidationException');
    });

    it('stops at the quota of members', async () => {
      const { pool } = running.service.database;
      await pool.query(`insert into account (account_id, created_at) select lpad(n::text, 12, '0'), 9e15::bigint
        from generate_series(1, 9999) n`);
      await pool.query(`insert into member (account_id, administrator_id, status, updated_at)
        select lpad(n::text, 12, '0'), '${admin.accountId}', 'ENABLED', 0 from generate_series(1, 9999) n`);
      const { maxAccountLimitReached } = await call(admin.client, 'DescribeOrganizationConfiguration', {});
      assert.equal(maxAccountLimitReached, true);
      await refused(
        admin.client,
        'AssociateMember',
        { accountId: lone.accountId },
        'ServiceQuotaExceededException',
      );
      await call(admin.client, 'AssociateMember', { accountId: member.accountId });
      await pool.query(`delete from member where account_id < '000000010000'`);
      await pool.query(`delete from account where account_id < '000000010000'`);
    });

    it('tells what an account may do', async () => {
      const words = (answer: { permissions: sdk.Permission[] }) =>
        answer.permissions.map(({ service, operation }) => `${service} ${operation}`);
      assert.equal(words(await call(lone.client, 'ListAccountPermissions', {})).length, 8);
      assert.deepEqual(words(await call(member.client, 'ListAccountPermissions', {})), [
        'EC2 ENABLE_SCANNING',
        'ECR ENABLE_SCANNING',
        'ECR ENABLE_REPOSITORY',
        'LAMBDA ENABLE_SCANNING',
      ]);
      const ec2 = await call(admin.client, 'ListAccountPermissions', { service: 'EC2' });
      assert.deepEqual(words(ec2), ['EC2 ENABLE_SCANNING', 'EC2 DISABLE_SCANNING']);
      const first = await call(member.client, 'ListAccountPermissions', { maxResults: 3 });
      const rest = await call(member.client, 'ListAccountPermissions', {
        maxResults: 3,
        nextToken: first.nextToken,
      });
      assert.deepEqual(
        [first.permissions.length, rest.permissions.length, rest.nextToken],
        [3, 1, undefined],
      );
      note('ListAccountPermissions', 'pages');
      for (const maxResults of [0, 1025])
        await refused(lone.client, 'ListAccountPermissions', { maxResults }, 'ValidationException');
      await refused(
        lone.client,
        'ListAccountPermissions',
        { nextToken: first.nextToken },
        'ValidationException',
      );
      await refused(lone.client, 'ListAccountPermissions', { service: 'S3' as 'EC2' }, 'ValidationException');
    });

    it('configures deep inspection: own paths, paths of the organisation, members', async () => {
      const untouched = { packagePaths: [], orgPackagePaths: [], status: 'ACTIVATED' };
      assert.deepEqual(await call(member.client, 'GetEc2DeepInspectionConfiguration', {}), untouched);
      const own = await call(member.client, 'UpdateEc2DeepInspectionConfiguration', {
        packagePaths: ['/srv/a'],
      });
      assert.deepEqual(own, { ...untouched, packagePaths: ['/srv/a'] });
      const many = ['/a', '/b', '/c', '/d', '/e', '/f'];
      await refused(
        member.client,
        'UpdateEc2DeepInspectionConfiguration',
        { packagePaths: many },
        'ValidationException',
      );
      await refused(
        member.client,
        'UpdateEc2DeepInspectionConfiguration',
        { activateDeepInspection: false },
        'AccessDeniedException',
        denied,
      );
      const organisation = { orgPackagePaths: ['/opt/all'] };
      for (const { client } of [member, lone])
        await refused(
          client,
          'UpdateOrgEc2DeepInspectionConfiguration',
          organisation,
          'AccessDeniedException',
          denied,
        );
      await refused(
        admin.client,
        'UpdateOrgEc2DeepInspectionConfiguration',
        { orgPackagePaths: many },
        'ValidationException',
      );
      assert.deepEqual(await call(admin.client, 'UpdateOrgEc2DeepInspectionConfiguration', organisation), {});
      const seen = await call(member.client, 'GetEc2DeepInspectionConfiguration', {});
      assert.deepEqual(seen, {
        packagePaths: ['/srv/a'],
        orgPackagePaths: ['/opt/all'],
        status: 'ACTIVATED',
      });
      const alone = await call(lone.client, 'GetEc2DeepInspectionConfiguration', {});
      assert.deepEqual(
        alone,
        { packagePaths: [], orgPackagePaths: [], status: 'DEACTIVATED' },
        'EC2 is off there',
      );

      for (const { client } of [member, lone]) {
        await refused(client, 'BatchGetMemberEc2DeepInspectionStatus', {}, 'AccessDeniedException', denied);
        const input = { accountIds: [{ accountId: member.accountId, activateDeepInspection: false }] };
        await refused(
          client,
          'BatchUpdateMemberEc2DeepInspectionStatus',
          input,
          'AccessDeniedException',
          denied,
        );
      }
      const changed = await call(admin.client, 'BatchUpdateMemberEc2DeepInspectionStatus', {
        accountIds: [
          { accountId: member.accountId, activateDeepInspection: false },
          { accountId: lone.accountId, activateDeepInspection: false },
        ],
      });
      assert.deepEqual(changed.accountIds, [{ accountId: member.accountId, status: 'DEACTIVATED' }]);
      assert.deepEqual(changed.failedAccountIds, [
        { accountId: lone.accountId, errorMessage: 'Invoking account does not have access to this account' },
      ]);
      const kept = await call(member.client, 'GetEc2DeepInspectionConfiguration', {});
      assert.deepEqual([kept.status, kept.packagePaths], ['DEACTIVATED', ['/srv/a']]);
      const all = await call(admin.client, 'BatchGetMemberEc2DeepInspectionStatus', {});
      assert.deepEqual(all, { accountIds: changed.accountIds, failedAccountIds: [] });
      await call(member.client, 'UpdateEc2DeepInspectionConfiguration', { activateDeepInspection: true });
      const hundredAndOne = Array.from({ length: 101 }, (_, index) => String(index).padStart(12, '0'));
      await refused(
        admin.client,
        'BatchGetMemberEc2DeepInspectionStatus',
        { accountIds: hundredAndOne },
        'ValidationException',
      );
    });

    it('configures scanning: an administrator for all, for one, and back to all', async () => {
      const read = async (client: sdk.Inspector2Client, accountId?: string) => {
        const { ec2Configuration, ecrConfiguration } = await call(client, 'GetConfiguration', { accountId });
        const { rescanDuration, pullDateRescanDuration } = ecrConfiguration.rescanDurationState;
        return [ec2Configuration.scanModeState.scanMode, rescanDuration, pullDateRescanDuration].join(' ');
      };
      assert.equal(await read(lone.client), 'EC2_HYBRID DAYS_14 DAYS_14');
      const change = { ecrConfiguration: { rescanDuration: 'LIFETIME' as const } };
      await refused(member.client, 'UpdateConfiguration', change, 'AccessDeniedException', denied);
      await refused(
        lone.client,
        'UpdateConfiguration',
        { ...change, accountId: member.accountId },
        'AccessDeniedException',
        denied,
      );
      await refused(
        lone.client,
        'GetConfiguration',
        { accountId: member.accountId },
        'AccessDeniedException',
        denied,
      );
      await refused(lone.client, 'UpdateConfiguration', {}, 'ValidationException');
      const back = { ecrConfiguration: 'INHERIT_FROM_ADMIN' as const };
      await refused(
        admin.client,
        'UpdateConfiguration',
        { updateConfigurationInheritance: back },
        'ValidationException',
      );
      await refused(
        admin.client,
        'UpdateConfiguration',
        { accountId: member.accountId, ...change, updateConfigurationInheritance: back },
        'ValidationException',
      );
      await call(admin.client, 'UpdateConfiguration', change);
      assert.equal(await read(member.client), 'EC2_HYBRID LIFETIME DAYS_14');
      await call(admin.client, 'UpdateConfiguration', {
        accountId: member.accountId,
        ec2Configuration: { scanMode: 'EC2_SSM_AGENT_BASED', activateVMScanner: true },
        ecrConfiguration: { rescanDuration: 'DAYS_3', pullDateRescanDuration: 'DAYS_7' },
      });
      assert.equal(await read(member.client), 'EC2_SSM_AGENT_BASED DAYS_3 DAYS_7');
      assert.equal(await read(admin.client, member.accountId), 'EC2_SSM_AGENT_BASED DAYS_3 DAYS_7');
      assert.equal(await read(admin.client), 'EC2_HYBRID LIFETIME DAYS_14');
      const { ec2Configuration } = await call(member.client, 'GetConfiguration', {});
      assert.equal(ec2Configuration.vmScannerState.activated, true);
      assert.ok(ec2Configuration.vmScannerState.activatedAt instanceof Date);
      await call(admin.client, 'UpdateConfiguration', {
        accountId: member.accountId,
        updateConfigurationInheritance: back,
      });
      assert.equal(await read(member.client), 'EC2_SSM_AGENT_BASED LIFETIME DAYS_14');
      await call(admin.client, 'DisassociateMember', { accountId: member.accountId });
      assert.equal(await read(member.client), 'EC2_SSM_AGENT_BASED LIFETIME DAYS_14', 'it keeps what it had');
      await refused(
        admin.client,
        'GetConfiguration',
        { accountId: member.accountId },
        'AccessDeniedException',
        denied,
      );
      await call(member.client, 'UpdateConfiguration', { ecrConfiguration: { rescanDuration: 'DAYS_90' } });
      assert.equal(await read(member.client), 'EC2_SSM_AGENT_BASED DAYS_90 DAYS_14');
      await call(admin.client, 'AssociateMember', { accountId: member.accountId });
      assert.equal((await read(member.client)).split(' ')[1], 'LIFETIME', 'its own setting waits');
    });

    it('keeps an encryption key for code snippets', async () => {
      const subject = { scanType: 'CODE', resourceType: 'AWS_LAMBDA_FUNCTION' } as const;
      const kmsKeyId = `arn:aws:kms:eu-central-1:${lone.accountId}:key/0d2f4a6c-1111-2222-3333-444455556666`;
      await refused(lone.client, 'GetEncryptionKey', subject, 'ResourceNotFoundException');
      await refused(lone.client, 'ResetEncryptionKey', subject, 'ResourceNotFoundException');
      for (const wrong of [{ scanType: 'PACKAGE' }, { resourceType: 'AWS_EC2_INSTANCE' }] as const) {
        const input = { ...subject, ...wrong };
        await refused(lone.client, 'GetEncryptionKey', input, 'ValidationException');
        await refused(lone.client, 'ResetEncryptionKey', input, 'ValidationException');
        await refused(lone.client, 'UpdateEncryptionKey', { ...input, kmsKeyId }, 'ValidationException');
      }
      await call(lone.client, 'UpdateEncryptionKey', { ...subject, kmsKeyId });
      assert.deepEqual(await call(lone.client, 'GetEncryptionKey', subject), { kmsKeyId });
      await refused(member.client, 'GetEncryptionKey', subject, 'ResourceNotFoundException');
      const other = { scanType: 'CODE', resourceType: 'CODE_REPOSITORY' } as const;
      await refused(lone.client, 'GetEncryptionKey', other, 'ResourceNotFoundException');
      await call(lone.client, 'ResetEncryptionKey', subject);
      await refused(lone.client, 'GetEncryptionKey', subject, 'ResourceNotFoundException');
    });

    it('counts usage and trials, own and of members', async () => {
      await running.until('two scanned resources', async () => {
        const { coveredResources } = await owner.send(new sdk.ListCoverageCommand({}));
        return coveredResources?.filter(({ scanStatus }) => scanStatus?.reason === 'SUCCESSFUL').length === 2;
      });
      const { totals } = await call(owner, 'ListUsageTotals', {});
      assert.equal(totals.length, 1);
      const [{ accountId, usage }] = totals;
      assert.equal(accountId, hub);
      assert.deepEqual(
        usage.map(({ type }: sdk.Usage) => type),
        ['EC2_INSTANCE_HOURS', 'ECR_INITIAL_SCAN'],
      );
      assert.ok(usage[0].total > 0 && usage[0].total < 1, `${usage[0].total} hours`);
      assert.equal(usage[1].total, 1);
      const pages = [];
      let nextToken: string | undefined;
      do {
        const page = await call(admin.client, 'ListUsageTotals', { maxResults: 1, nextToken });
        pages.push(page.totals.map((total: sdk.UsageTotal) => total.accountId));
        nextToken = page.nextToken;
      } while (nextToken);
      assert.deepEqual(pages, [[admin.accountId], [member.accountId]]);
      note('ListUsageTotals', 'pages');
      const some = await call(admin.client, 'ListUsageTotals', { accountIds: [member.accountId] });
      assert.deepEqual(some.totals, [{ accountId: member.accountId, usage: [] }]);
      await refused(
        member.client,
        'ListUsageTotals',
        { accountIds: [admin.accountId] },
        'AccessDeniedException',
        denied,
      );
      for (const maxResults of [0, 501])
        await refused(member.client, 'ListUsageTotals', { maxResults }, 'ValidationException');

      const trials = await call(admin.client, 'BatchGetFreeTrialInfo', {
        accountIds: [member.accountId, hub],
      });
      assert.deepEqual(trials.failedAccounts, [
        {
          accountId: hub,
          code: 'ACCESS_DENIED',
          message: 'Invoking account does not have access to this account',
        },
      ]);
      const [info] = trials.accounts[0].freeTrialInfo;
      assert.deepEqual([info.type, info.status], ['EC2', 'ACTIVE']);
      assert.equal(info.end - info.start, 15 * 86_400_000);
      assert.deepEqual(
        trials.accounts[0].freeTrialInfo.map(({ type }: sdk.FreeTrialInfo) => type),
        ['EC2', 'LAMBDA'],
      );
      await refused(admin.client, 'BatchGetFreeTrialInfo', { accountIds: [] }, 'ValidationException');
    });

    it('has no snippet of what is no code finding, and no cluster of an image', async () => {
      const { findings = [] } = await owner.send(new sdk.ListFindingsCommand({}));
      const arn = findings[0]?.findingArn ?? '';
      const foreign = arn.replace(hub, lone.accountId);
      const elsewhere = arn.replace('eu-central-1', 'eu-west-1');
      const answer = await call(owner, 'BatchGetCodeSnippet', { findingArns: [arn, foreign, elsewhere] });
      assert.deepEqual(
        answer.errors.map(({ findingArn, errorCode }: sdk.CodeSnippetError) => [findingArn, errorCode]),
        [
          [arn, 'CODE_SNIPPET_NOT_FOUND'],
          [foreign, 'ACCESS_DENIED'],
          [elsewhere, 'INVALID_INPUT'],
        ],
      );
      await refused(owner, 'BatchGetCodeSnippet', { findingArns: ['nonsense'] }, 'ValidationException');
      const image = findings
        .flatMap(({ resources = [] }) => resources)
        .find(({ type }) => type?.includes('ECR'));
      const filter = { resourceId: image?.id };
      assert.deepEqual(await call(owner, 'GetClustersForImage', { filter }), { cluster: [] });
      await refused(lone.client, 'GetClustersForImage', { filter }, 'ValidationException');
      await refused(owner, 'GetClustersForImage', { filter, maxResults: 101 }, 'ValidationException');
      await refused(owner, 'GetClustersForImage', { filter, nextToken: 'AAAA' }, 'ValidationException');
    });

    it('notes who changed what, for the account alone, page by page', async () => {
      const audit = async ({ key }: Pick<Caller, 'key'>, query = '') => {
        const url = signableUrl(`/openinspector/v1/audit${query}`, running.service.address);
        const signing = { ...key, region: 'eu-central-1', service: 'inspector2' };
        const headers = signRequest({ method: 'GET', url, body: '' }, signing, new Date());
        const response = await fetch(url, { headers });
        return {
          status: response.status,
          ...((await response.json()) as { changes: Change[]; next?: number }),
        };
      };
      type Change = {
        auditId: number;
        operation: string;
        subject: string;
        userName: string;
        at: string;
        before: unknown;
        after: unknown;
      };
      const { changes } = await audit(lone);
      const [reset, update] = changes;
      assert.deepEqual(
        changes.map(({ operation }) => operation),
        ['ResetEncryptionKey', 'UpdateEncryptionKey'],
      );
      assert.equal(update?.before, null);
      assert.match(String(update?.after), /^arn:aws:kms/);
      assert.deepEqual([reset?.before, reset?.after], [update?.after, null]);
      assert.equal(update?.userName, 'user');
      assert.ok(Math.abs(Date.parse(update?.at ?? '') - Date.now()) < 600_000);
      const all = (await audit(admin, '?limit=1000')).changes;
      const associated = all.findLast(
        ({ operation, before }) => operation === 'AssociateMember' && before === null,
      );
      assert.deepEqual([associated?.after, associated?.subject], ['ENABLED', lone.accountId]);
      const paged: number[] = [];
      let next: number | undefined;
      do {
        const page: { changes: Change[]; next?: number } = await audit(
          admin,
          `?limit=2${next ? `&before=${next}` : ''}`,
        );
        paged.push(...page.changes.map(({ auditId }) => auditId));
        next = page.next;
      } while (next !== undefined);
      assert.deepEqual(
        paged,
        all.map(({ auditId }) => auditId),
      );
      for (const query of ['?limit=0', '?limit=x', '?before=-1'])
        assert.equal((await audit(lone, query)).status, 400, query);
      assert.equal((await fetch(`${running.service.address}/openinspector/v1/audit`)).status, 403);
    });

    it('shows an administrator what its members have, and a member its own', async () => {
      await call(admin.client, 'AssociateMember', { accountId: hub });
      const own = (await call(owner, 'ListFindings', {})).findings;
      assert.equal(own.length, 2);
      assert.deepEqual((await call(admin.client, 'ListFindings', {})).findings, own);
      const of = (value: string, comparison: 'EQUALS' | 'NOT_EQUALS' = 'EQUALS') => [{ comparison, value }];
      const only = (value: string) =>
        call(admin.client, 'ListFindings', { filterCriteria: { awsAccountId: of(value) } });
      assert.equal((await only(hub)).findings.length, 2);
      assert.equal((await only(member.accountId)).findings.length, 0);
      assert.deepEqual((await call(member.client, 'ListFindings', {})).findings, []);
      assert.equal((await call(admin.client, 'ListCoverage', {})).coveredResources.length, 2);
      assert.equal(
        (await call(admin.client, 'ListCoverageStatistics', { groupBy: 'ACCOUNT_ID' })).totalCounts,
        2,
      );
      assert.deepEqual((await call(member.client, 'ListCoverage', {})).coveredResources, []);
      const sums = async (client: sdk.Inspector2Client, accountIds?: sdk.StringFilter[]) =>
        (
          await call(client, 'ListFindingAggregations', { aggregationType: 'ACCOUNT', accountIds })
        ).responses.map(({ accountAggregation: one }: sdk.AggregationResponse.AccountAggregationMember) => [
          one.accountId,
          one.severityCounts?.all,
        ]);
      assert.deepEqual(await sums(admin.client), [[hub, 2]]);
      assert.deepEqual(await sums(admin.client, of(hub)), [[hub, 2]]);
      assert.deepEqual(await sums(admin.client, of(hub, 'NOT_EQUALS')), []);
      assert.deepEqual(await sums(member.client), []);
      const findingArns = [own[0].findingArn];
      assert.equal(
        (await call(admin.client, 'BatchGetFindingDetails', { findingArns })).findingDetails.length,
        1,
      );
      assert.equal((await call(member.client, 'BatchGetFindingDetails', { findingArns })).errors.length, 1);
      await refused(owner, 'Disable', { resourceTypes: ['EC2'] }, 'AccessDeniedException', denied);
      await call(admin.client, 'Disable', { accountIds: [hub], resourceTypes: ['EC2'] });
      assert.equal(
        (await call(admin.client, 'ListFindings', {})).findings.length,
        1,
        'as the member has it enabled',
      );
      const rule = { title: [{ comparison: 'PREFIX' as const, value: 'CVE' }] };
      const suppression = { name: 'a-rule', action: 'SUPPRESS' as const, filterCriteria: rule };
      await refused(owner, 'CreateFilter', suppression, 'AccessDeniedException', denied);
      const filter = await call(owner, 'CreateFilter', { ...suppression, action: 'NONE' });
      const update = { filterArn: filter.arn, action: 'SUPPRESS' as const };
      await refused(owner, 'UpdateFilter', update, 'AccessDeniedException', denied);
      await call(owner, 'DeleteFilter', { arn: filter.arn });
      await call(admin.client, 'Enable', { accountIds: [hub], resourceTypes: ['EC2'] });
      const state = await call(admin.client, 'BatchGetAccountStatus', { accountIds: [hub, lone.accountId] });
      assert.equal(state.accounts[0].resourceState.ec2.status, 'ENABLED');
      assert.deepEqual(state.failedAccounts, [
        {
          accountId: lone.accountId,
          errorCode: 'ACCESS_DENIED',
          errorMessage: 'Invoking account does not have access to this account',
        },
      ]);
      // What is switched on again is looked at again.
      await running.until('both findings open', async () => {
        const open = { findingStatus: [{ comparison: 'EQUALS' as const, value: 'ACTIVE' }] };
        return (await call(owner, 'ListFindings', { filterCriteria: open })).findings.length === 2;
      });
      await call(admin.client, 'DisassociateMember', { accountId: hub });
      assert.deepEqual((await call(admin.client, 'ListFindings', {})).findings, []);
    });

    const kmsKeyArn = `arn:aws:kms:eu-central-1:${hub}:key/0d2f4a6c-1111-2222-3333-444455556666`;
    const bucket = { bucketName: 'my-bucket', keyPrefix: 'a/b', kmsKeyArn };
    const ended = async (client: sdk.Inspector2Client, reportId: string): Promise<Answer> => {
      let report: Answer;
      await running.until('the end of a report', async () => {
        report = await call(client, 'GetFindingsReportStatus', { reportId });
        return report.status !== 'IN_PROGRESS';
      });
      return report;
    };
    const written = (name: string) => readFileSync(join(place, 'reports', 'my-bucket', name), 'utf8');

    it('writes reports of findings as CSV and JSON', async () => {
      const criteria = { firstObservedAt: [{ startInclusive: new Date('2020-01-01T00:00:00.000Z') }] };
      const { reportId } = await call(owner, 'CreateFindingsReport', {
        reportFormat: 'CSV',
        s3Destination: bucket,
        filterCriteria: criteria,
      });
      const report = await ended(owner, reportId);
      assert.deepEqual(report, {
        reportId,
        status: 'SUCCEEDED',
        destination: bucket,
        filterCriteria: criteria,
      });
      const rows = written(`a/b/${reportId}.csv`).trimEnd().split('\r\n');
      assert.equal(rows.length, 3);
      for (const row of rows) assert.equal(row.match(/"(?:[^"]|"")*"/g)?.length, 55);
      assert.match(rows[0] ?? '', /^"AWS Account Id","Severity",.*,"Package Manager"$/);
      const openssl = rows.find((row) => row.includes('CVE-2024-0001')) ?? '';
      for (const cell of [hub, 'YES', 'libssl3', '0:3.0.9-1', '3.0.11-1', 'ACTIVE'])
        assert.ok(openssl.includes(`"${cell}"`), `${cell} in ${openssl}`);

      const json = await call(owner, 'CreateFindingsReport', { reportFormat: 'JSON', s3Destination: bucket });
      assert.equal((await ended(owner, json.reportId)).status, 'SUCCEEDED');
      const { findings } = JSON.parse(written(`a/b/${json.reportId}.json`));
      const listed = (await call(owner, 'ListFindings', {})).findings;
      const byArn = (one: sdk.Finding, other: sdk.Finding) =>
        (one.findingArn ?? '') < (other.findingArn ?? '') ? -1 : 1;
      assert.deepEqual(findings.sort(byArn), JSON.parse(JSON.stringify(listed)).sort(byArn));
      assert.ok(
        !readdirSync(join(place, 'reports', 'my-bucket', 'a', 'b')).some((name) => name.endsWith('.part')),
      );
    });

    it('puts a report into a bucket, signed and encrypted, and says what the bucket answers', async () => {
      const input = {
        reportFormat: 'JSON',
        s3Destination: { ...bucket, bucketName: 'far-bucket', keyPrefix: 'ä b' },
      } as const;
      const { reportId } = await call(owner, 'CreateFindingsReport', input);
      assert.equal((await ended(owner, reportId)).status, 'SUCCEEDED');
      const { url, headers, body } = puts.at(-1) as (typeof puts)[number];
      assert.equal(url, `/far-bucket/%C3%A4%20b/${reportId}.json`);
      assert.equal(headers['x-amz-server-side-encryption'], 'aws:kms');
      assert.equal(headers['x-amz-server-side-encryption-aws-kms-key-id'], kmsKeyArn);
      assert.equal(JSON.parse(body.toString()).findings.length, 2);
      const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
      const signer = new SignatureV4({
        credentials,
        region: 'eu-central-1',
        service: 's3',
        sha256: Sha256,
        uriEscapePath: false,
      });
      const { authorization, connection, 'content-length': _length, ...signed } = headers;
      const time = (headers['x-amz-date'] as string).replace(
        /^(....)(..)(..T..)(..)(..Z)$/,
        '$1-$2-$3:$4:$5',
      );
      const again = await signer.sign(
        {
          method: 'PUT',
          protocol: 'http:',
          hostname: '127.0.0.1',
          path: url,
          query: {},
          headers: signed as Record<string, string>,
          body,
        },
        { signingDate: new Date(time) },
      );
      assert.equal(again.headers.authorization, authorization);
      for (const [status, code] of [
        [404, 'BUCKET_NOT_FOUND'],
        [403, 'INVALID_PERMISSIONS'],
        [301, 'INCOMPATIBLE_BUCKET_REGION'],
        [500, 'INTERNAL_ERROR'],
      ] as const) {
        refusal = status;
        const answer = await call(owner, 'CreateFindingsReport', input);
        const { status: end, errorCode } = await ended(owner, answer.reportId);
        assert.deepEqual([end, errorCode], ['FAILED', code]);
      }
      refusal = 200;
    });

    it('has one report at a time, cancels it, and refuses what cannot be', async () => {
      const input = { reportFormat: 'CSV', s3Destination: bucket } as const;
      await refused(owner, 'GetFindingsReportStatus', {}, 'ResourceNotFoundException');
      const id = '0d2f4a6c-1111-4222-8333-444455556666';
      await refused(owner, 'GetFindingsReportStatus', { reportId: id }, 'ResourceNotFoundException');
      await refused(owner, 'CancelFindingsReport', { reportId: id }, 'ResourceNotFoundException');
      for (const s3Destination of [
        { ...bucket, bucketName: '../etc' },
        { ...bucket, keyPrefix: 'a/../../b' },
        { ...bucket, kmsKeyArn: 'nonsense' },
      ])
        await refused(owner, 'CreateFindingsReport', { ...input, s3Destination }, 'ValidationException');
      const none = await call(lone.client, 'CreateFindingsReport', input);
      assert.equal((await ended(lone.client, none.reportId)).errorCode, 'NO_FINDINGS_FOUND');
      await refused(
        owner,
        'GetFindingsReportStatus',
        { reportId: none.reportId },
        'ResourceNotFoundException',
      );
      await refused(owner, 'CancelFindingsReport', { reportId: none.reportId }, 'ResourceNotFoundException');
      await refused(lone.client, 'CancelFindingsReport', { reportId: none.reportId }, 'ValidationException');

      // Put in progress by hand: no worker takes it, so that it stays so.
      const { pool } = running.service.database;
      const { rows } = await pool.query(
        `insert into report (report_id, account_id, kind, format, destination, status, created_at)
         values (gen_random_uuid()::text, '${hub}', 'FINDINGS', 'CSV', $1, 'IN_PROGRESS', 0) returning report_id as id, report_number as number`,
        [JSON.stringify(bucket)],
      );
      await refused(
        owner,
        'CreateFindingsReport',
        input,
        'ValidationException',
        /multiple reports in-progress/,
      );
      assert.equal((await call(owner, 'GetFindingsReportStatus', {})).reportId, rows[0].id);
      assert.deepEqual(await call(owner, 'CancelFindingsReport', { reportId: rows[0].id }), {
        reportId: rows[0].id,
      });
      await running.service.queue.report(Number(rows[0].number), 'test');
      assert.equal(await running.service.queue.idle(10_000), true);
      assert.equal(
        (await call(owner, 'GetFindingsReportStatus', { reportId: rows[0].id })).status,
        'CANCELLED',
      );
      const late = await pool.query(
        `insert into report (report_id, account_id, kind, format, destination, status, created_at)
         values (gen_random_uuid()::text, '${hub}', 'FINDINGS', 'CSV', $1, 'IN_PROGRESS', 0) returning report_id as id, report_number as number`,
        [JSON.stringify(bucket)],
      );
      await running.service.queue.report(Number(late.rows[0].number), 'test');
      const { status, errorMessage } = await ended(owner, late.rows[0].id);
      assert.deepEqual([status, errorMessage], ['FAILED', 'The report took longer than 12 hours.']);
    });

    it('takes bounds between whole numbers', async () => {
      const filterCriteria = { ecrImageInUseCount: [{ lowerInclusive: 0.5 }] };
      assert.deepEqual((await call(owner, 'ListFindings', { filterCriteria })).findings, []);
    });

    it('lets the administrator go, and its members', async () => {
      await call(owner, 'DisableDelegatedAdminAccount', { delegatedAdminAccountId: admin.accountId });
      await refused(admin.client, 'ListMembers', {}, 'AccessDeniedException', denied);
      await refused(member.client, 'GetDelegatedAdminAccount', {}, 'ResourceNotFoundException');
      const words = (await call(member.client, 'ListAccountPermissions', {})).permissions;
      assert.equal(words.length, 8, 'it stands alone');
      const { ecrConfiguration } = await call(member.client, 'GetConfiguration', {});
      assert.equal(ecrConfiguration.rescanDurationState.rescanDuration, 'LIFETIME', 'with what it had');
      await call(owner, 'EnableDelegatedAdminAccount', { delegatedAdminAccountId: admin.accountId });
      const { autoEnable } = await call(admin.client, 'DescribeOrganizationConfiguration', {});
      assert.equal(autoEnable.ec2, false);
      assert.deepEqual((await call(admin.client, 'ListMembers', {})).members, []);
      await call(admin.client, 'AssociateMember', { accountId: member.accountId });
      await call(admin.client, 'UpdateConfiguration', { ecrConfiguration: { rescanDuration: 'DAYS_60' } });
      const again = await call(member.client, 'GetConfiguration', {});
      assert.equal(
        again.ecrConfiguration.rescanDurationState.rescanDuration,
        'DAYS_60',
        'taken back, it follows',
      );
    });
  });
}

after(() => {
  for (const [operation, cases] of [...tried].sort()) console.log(`${operation}: ${[...cases].join(', ')}`);
});
