import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import type { CisSessionMessage as MessageShape } from '@aws-sdk/client-inspector2';
import type { Checked } from '../../src/api/wire/handlers.ts';
import { noteResource } from '../../src/store/resources.ts';
import type { Caller } from './callers.ts';
import { type Answer, call, denied, type Estate, hub, note, onEachEngine, pages, refused } from './estate.ts';

type CisSessionMessage = Checked<MessageShape>;

// Two machines of the account that was set up, one of another member, one of an account by itself.
const machines = [
  [hub, 'i-0aaaaaaaaaaaaaaa1', 'DEBIAN_12', { env: 'prod', team: 'a' }],
  [hub, 'i-0aaaaaaaaaaaaaaa2', 'UBUNTU_22_04', { env: 'test' }],
  ['333344445555', 'i-0bbbbbbbbbbbbbbb1', 'DEBIAN_12', { env: 'prod' }],
  ['444455556666', 'i-0cccccccccccccccc', 'DEBIAN_12', { env: 'prod' }],
] as const;
const prod = { env: ['prod', 'staging'] };
const nowhere = { env: ['nowhere'] };
const daily = { daily: { startTime: { timeOfDay: '03:30', timezone: 'Europe/Berlin' } } };
const unknownArn = `arn:aws:inspector2:eu-central-1:${hub}:owner/${hub}/cis-configuration/0d2f4a6c-1111-4222-8333-444455556666`;
const unknownScan = unknownArn.replace('cis-configuration', 'cis-scan');

const rule = (number: string, status: string, details: object | string = {}): CisSessionMessage => ({
  ruleId: `xccdf_org.cisecurity.benchmarks_rule_${number}_Ensure_${number.replaceAll('.', '_')}_is_so`,
  status: status as 'PASSED',
  cisRuleDetails: Buffer.from(typeof details === 'string' ? details : JSON.stringify(details)),
});

onEachEngine('CIS', (it) => {
  // What the tests one after the other hand on.
  let own: { arn: string; scan: string };
  let whole: { arn: string; scan: string };

  it('keeps configurations: made, changed, listed, deleted', async (estate) => {
    const { owner, lone, admin, running } = estate;
    await furnish(estate);
    const input = {
      scanName: 'nightly',
      securityLevel: 'LEVEL_1',
      schedule: daily,
      targets: { accountIds: ['SELF'], targetResourceTags: prod },
      tags: { team: 'a' },
    } as const;
    const { scanConfigurationArn: arn } = await call(lone, 'CreateCisScanConfiguration', input);
    assert.match(
      arn,
      /^arn:aws:inspector2:eu-central-1:444455556666:owner\/444455556666\/cis-configuration\/[0-9a-f-]{36}$/,
    );
    const expected = {
      scanConfigurationArn: arn,
      ownerId: lone.accountId,
      scanName: 'nightly',
      securityLevel: 'LEVEL_1',
      schedule: daily,
      targets: { accountIds: ['SELF'], targetResourceTags: prod },
      tags: { team: 'a' },
    };
    assert.deepEqual((await call(lone, 'ListCisScanConfigurations', {})).scanConfigurations, [expected]);
    assert.deepEqual((await call(lone, 'ListCisScans', {})).scans, [], 'its time has not come');
    assert.deepEqual((await call(lone, 'ListTagsForResource', { resourceArn: arn })).tags, { team: 'a' });
    await call(lone, 'TagResource', { resourceArn: arn, tags: { b: '2' } });
    await call(lone, 'UntagResource', { resourceArn: arn, tagKeys: ['team'] });
    const weekly = { weekly: { startTime: daily.daily.startTime, days: ['MON' as const, 'FRI' as const] } };
    await call(lone, 'UpdateCisScanConfiguration', {
      scanConfigurationArn: arn,
      scanName: 'twice a week',
      securityLevel: 'LEVEL_2',
      schedule: weekly,
      targets: { accountIds: [lone.accountId], targetResourceTags: nowhere },
    });
    const [changed] = (await call(lone, 'ListCisScanConfigurations', {})).scanConfigurations;
    assert.deepEqual(changed, {
      ...expected,
      scanName: 'twice a week',
      securityLevel: 'LEVEL_2',
      schedule: weekly,
      targets: { accountIds: [lone.accountId], targetResourceTags: nowhere },
      tags: { b: '2' },
    });

    const bad = { ...input, tags: {} };
    for (const [why, change] of [
      ['a mix of words', { targets: { accountIds: ['SELF', lone.accountId], targetResourceTags: prod } }],
      ['no tags', { targets: { accountIds: ['SELF'], targetResourceTags: {} } }],
      ['no name', { scanName: '' }],
      [
        'no such zone',
        { schedule: { daily: { startTime: { timeOfDay: '03:30', timezone: 'Mars/Olympus' } } } },
      ],
      ['no such hour', { schedule: { daily: { startTime: { timeOfDay: '24:30', timezone: 'UTC' } } } }],
      ['two schedules', { schedule: { oneTime: {}, ...daily } as unknown as typeof daily }],
    ] as const)
      await refused(
        lone,
        'CreateCisScanConfiguration',
        { ...bad, ...change } as Answer,
        'ValidationException',
        why === 'no tags' ? /targetResourceTags/ : /./,
      );
    for (const accountIds of [['ALL_ACCOUNTS'], [hub]])
      for (const caller of [lone, owner].filter((one) => one.accountId !== accountIds[0]))
        await refused(
          caller,
          'CreateCisScanConfiguration',
          { ...bad, targets: { accountIds, targetResourceTags: prod } },
          'AccessDeniedException',
          denied,
        );
    const foreign = { scanConfigurationArn: arn };
    for (const caller of [owner, admin]) {
      await refused(caller, 'UpdateCisScanConfiguration', foreign, 'ResourceNotFoundException');
      await refused(caller, 'DeleteCisScanConfiguration', foreign, 'ResourceNotFoundException');
      await refused(caller, 'ListTagsForResource', { resourceArn: arn }, 'ResourceNotFoundException');
    }
    await refused(
      lone,
      'UpdateCisScanConfiguration',
      { ...foreign, targets: { accountIds: [hub] } },
      'AccessDeniedException',
      denied,
    );
    for (const name of ['UpdateCisScanConfiguration', 'DeleteCisScanConfiguration'] as const) {
      await refused(lone, name, { scanConfigurationArn: unknownArn }, 'ResourceNotFoundException');
      await refused(lone, name, { scanConfigurationArn: 'x' }, 'ValidationException');
    }
    await stopsAtQuota(estate);
    assert.deepEqual(await call(lone, 'DeleteCisScanConfiguration', foreign), foreign);
    assert.deepEqual((await call(lone, 'ListCisScanConfigurations', {})).scanConfigurations, []);
    const { rows } = await running.service.database.pool.query('select 1 from tag where arn = $1', [arn]);
    assert.equal(rows.length, 0);
  });

  async function stopsAtQuota({ lone, running }: Estate): Promise<void> {
    const { pool } = running.service.database;
    await pool.query(`insert into cis_scan_configuration (arn, account_id, owner_id, name, security_level, schedule,
      target_accounts, target_tags, created_at, updated_at)
      select 'arn:' || n, '${lone.accountId}', '${lone.accountId}', 'n', 'LEVEL_1', '{}', '[]', '{}', 0, 0
      from generate_series(2, 500) n`);
    const input = {
      scanName: 'one more',
      securityLevel: 'LEVEL_1',
      schedule: daily,
      targets: { accountIds: ['SELF'], targetResourceTags: prod },
    } as const;
    await refused(lone, 'CreateCisScanConfiguration', input, 'ValidationException', /500/);
    await pool.query(`delete from cis_scan_configuration where name = 'n'`);
  }

  it("is the organisation's where it is for more than one account", async ({ owner, member, admin }) => {
    const input = {
      scanName: 'whole',
      securityLevel: 'LEVEL_2',
      schedule: { oneTime: {} },
      targets: { accountIds: ['ALL_ACCOUNTS'], targetResourceTags: prod },
    } as const;
    await refused(
      admin,
      'CreateCisScanConfiguration',
      { ...input, tags: { a: 'b' } },
      'ValidationException',
      /organization/,
    );
    const { scanConfigurationArn: arn } = await call(admin, 'CreateCisScanConfiguration', input);
    assert.match(arn, /:222233334444:owner\/o-[0-9a-f]{10}\/cis-configuration\//);
    const [listed] = (await call(admin, 'ListCisScanConfigurations', {})).scanConfigurations;
    assert.match(listed.ownerId, /^o-[0-9a-f]{10}$/);
    await refused(admin, 'TagResource', { resourceArn: arn, tags: { a: 'b' } }, 'BadRequestException');
    await refused(
      admin,
      'UpdateCisScanConfiguration',
      { scanConfigurationArn: arn, targets: { accountIds: ['SELF'] } },
      'ValidationException',
    );
    assert.deepEqual((await call(owner, 'ListCisScanConfigurations', {})).scanConfigurations, []);
    const { scans } = await call(admin, 'ListCisScans', {});
    assert.equal(scans.length, 1);
    whole = { arn, scan: scans[0].scanArn };

    const one = { ...input, scanName: 'own', targets: { accountIds: ['SELF'], targetResourceTags: prod } };
    const made = await call(owner, 'CreateCisScanConfiguration', one);
    const seen = await call(admin, 'ListCisScanConfigurations', {
      filterCriteria: { scanNameFilters: [{ comparison: 'EQUALS', value: 'own' }] },
    });
    assert.equal(seen.scanConfigurations[0].ownerId, hub, 'an administrator sees it');
    const { scanConfigurationArn } = made;
    await refused(
      admin,
      'UpdateCisScanConfiguration',
      { scanConfigurationArn },
      'AccessDeniedException',
      denied,
    );
    await refused(
      admin,
      'DeleteCisScanConfiguration',
      { scanConfigurationArn },
      'AccessDeniedException',
      denied,
    );
    await refused(
      owner,
      'UpdateCisScanConfiguration',
      { scanConfigurationArn, targets: { accountIds: [member.accountId] } },
      'AccessDeniedException',
      denied,
    );
    const filterCriteria = {
      scanConfigurationArnFilters: [{ comparison: 'EQUALS' as const, value: scanConfigurationArn }],
    };
    const [scan] = (await call(owner, 'ListCisScans', { filterCriteria })).scans;
    own = { arn: scanConfigurationArn, scan: scan.scanArn };
  });

  it('lists configurations by filter, order and page', async ({ admin }) => {
    const names = async (input: Answer) =>
      (await call(admin, 'ListCisScanConfigurations', input)).scanConfigurations.map(
        ({ scanName }: Answer) => scanName,
      );
    assert.deepEqual(await names({}), ['own', 'whole']);
    assert.deepEqual(await names({ sortBy: 'SCAN_NAME', sortOrder: 'DESC' }), ['whole', 'own']);
    const byArn = await names({ sortBy: 'SCAN_CONFIGURATION_ARN' });
    assert.deepEqual(byArn, [own.arn, whole.arn].sort()[0] === own.arn ? ['own', 'whole'] : ['whole', 'own']);
    for (const [filterCriteria, expected] of [
      [{ scanNameFilters: [{ comparison: 'PREFIX', value: 'wh' }] }, ['whole']],
      [{ scanNameFilters: [{ comparison: 'NOT_EQUALS', value: 'whole' }] }, ['own']],
      [{ scanConfigurationArnFilters: [{ comparison: 'EQUALS', value: own.arn }] }, ['own']],
      [{ targetResourceTagFilters: [{ comparison: 'EQUALS', key: 'env', value: 'prod' }] }, ['own', 'whole']],
      [{ targetResourceTagFilters: [{ comparison: 'EQUALS', key: 'env', value: 'x' }] }, []],
    ] as const)
      assert.deepEqual(await names({ filterCriteria }), expected, JSON.stringify(filterCriteria));
    const all = await pages(admin, 'ListCisScanConfigurations', {}, { list: 'scanConfigurations', max: 100 });
    assert.equal(all.length, 2);
  });

  it('takes what agents tell, session by session', async (estate) => {
    const { owner, member, lone } = estate;
    const job = await jobOf(estate, own.scan, 'i-0aaaaaaaaaaaaaaa1');
    const [sessionToken, other] = [randomUUID(), randomUUID()];
    const session = { scanJobId: job, sessionToken };
    const stop = { status: 'SUCCESS' as const, progress: { totalChecks: 4 } };
    const messages = [rule('1.9', 'PASSED')];
    for (const caller of [member, lone]) {
      await refused(caller, 'StartCisSession', start(session), 'AccessDeniedException', denied);
      await refused(
        caller,
        'SendCisSessionTelemetry',
        { ...session, messages },
        'AccessDeniedException',
        denied,
      );
      await refused(caller, 'SendCisSessionHealth', session, 'AccessDeniedException', denied);
      await refused(caller, 'StopCisSession', { ...session, message: stop }, 'AccessDeniedException', denied);
    }
    await refused(owner, 'SendCisSessionTelemetry', { ...session, messages }, 'ConflictException');
    await refused(owner, 'SendCisSessionHealth', session, 'ConflictException');
    await refused(owner, 'StopCisSession', { ...session, message: stop }, 'ConflictException');
    await refused(
      owner,
      'StartCisSession',
      { scanJobId: 'x', message: { sessionToken } },
      'ValidationException',
    );

    await call(owner, 'StartCisSession', start(session));
    await call(owner, 'StartCisSession', start(session));
    const stranger = { scanJobId: job, sessionToken: other };
    await refused(owner, 'StartCisSession', start(stranger), 'ConflictException');
    await refused(owner, 'SendCisSessionHealth', stranger, 'AccessDeniedException', denied);
    await call(owner, 'SendCisSessionHealth', session);

    await refused(owner, 'SendCisSessionTelemetry', { ...session, messages: [] }, 'ValidationException');
    const many = Array.from({ length: 151 }, () => messages[0] as CisSessionMessage);
    await refused(owner, 'SendCisSessionTelemetry', { ...session, messages: many }, 'ValidationException');
    const large = [{ ...rule('1.1', 'PASSED'), cisRuleDetails: Buffer.alloc(1001) }];
    await refused(owner, 'SendCisSessionTelemetry', { ...session, messages: large }, 'ValidationException');
    await call(owner, 'SendCisSessionTelemetry', { ...session, messages: many.slice(0, 150) });

    await call(owner, 'SendCisSessionTelemetry', {
      ...session,
      messages: [
        rule('1.10', 'FAILED', {
          level: 'LEVEL_1',
          description: 'what it is',
          remediation: 'do it',
          reason: 'found 1',
        }),
        rule('1.9', 'FAILED', 'not JSON'),
        rule('2.1', 'NOT_APPLICABLE', { level: 'LEVEL_2', title: '=1+1', checkId: '2.1' }),
        { ...rule('2.2', 'ERROR'), cisRuleDetails: Uint8Array.of(0xff, 0xfe) },
      ],
    });
    // What is said again takes the place of what was said before.
    await call(owner, 'SendCisSessionTelemetry', { ...session, messages: [rule('1.9', 'PASSED')] });
    const [running] = await scansOf(owner, own.scan);
    assert.deepEqual([running.status, running.failedChecks, running.totalChecks], ['IN_PROGRESS', 1, 4]);
    assert.deepEqual(await call(owner, 'GetCisScanReport', { scanArn: own.scan }), { status: 'IN_PROGRESS' });
    const message = {
      ...stop,
      computePlatform: { vendor: 'debian', product: 'debian_linux', version: '12' },
      benchmarkVersion: '1.1.0',
      benchmarkProfile: 'Level 1 - Server',
    };
    await call(owner, 'StopCisSession', { ...session, message });
    for (const name of ['SendCisSessionHealth', 'SendCisSessionTelemetry', 'StopCisSession'] as const)
      await refused<'StopCisSession'>(
        owner,
        name as 'StopCisSession',
        {
          ...session,
          ...(name === 'SendCisSessionTelemetry' ? { messages } : {}),
          ...(name === 'StopCisSession' ? { message } : {}),
        } as Answer,
        'ConflictException',
      );
    await refused(owner, 'StartCisSession', start(session), 'ConflictException');
    const [ended] = await scansOf(owner, own.scan);
    assert.deepEqual(
      [ended.status, ended.scanName, ended.securityLevel, ended.scheduledBy, ended.targets],
      ['COMPLETED', 'own', 'LEVEL_2', hub, { accountIds: ['SELF'], targetResourceTags: prod }],
    );
    assert.ok(ended.scanDate instanceof Date);
  });

  it('ends targets in each way there is', async (estate) => {
    const { owner, member, running, admin } = estate;
    const { pool } = running.service.database;
    const first = await jobOf(estate, whole.scan, 'i-0aaaaaaaaaaaaaaa1');
    const second = await jobOf(estate, whole.scan, 'i-0bbbbbbbbbbbbbbb1');
    await run(owner, first, [rule('1.1', 'PASSED'), rule('1.2', 'FAILED')], 'SUCCESS');
    await run(member, second, [rule('1.1', 'FAILED'), rule('1.2', 'FAILED')], 'UNSUPPORTED_OS');
    const [scan] = await scansOf(admin, whole.scan);
    assert.deepEqual([scan.status, scan.failedChecks, scan.totalChecks], ['COMPLETED', 3, 4]);
    const ends = async (status: string, outcome: readonly [string, string, string | undefined]) => {
      const scanArn = await runOnce(owner, prod);
      const job = await jobOf(estate, scanArn, 'i-0aaaaaaaaaaaaaaa1');
      if (status === 'never') await pool.query(`update cis_job set heard_at = 0 where job_id = '${job}'`);
      else if (status === 'silent') {
        await call(owner, 'StartCisSession', start({ scanJobId: job, sessionToken: randomUUID() }));
        await pool.query(`update cis_job set heard_at = heard_at - 31 * 60000 where job_id = '${job}'`);
      } else await run(owner, job, [], status);
      const input = { scanArn };
      const [scan] = await scansOf(owner, scanArn);
      const [target] = (await call(owner, 'ListCisScanResultsAggregatedByTargetResource', input))
        .targetResourceAggregations;
      assert.deepEqual([scan.status, target.targetStatus, target.targetStatusReason], outcome, status);
    };
    await ends('SUCCESS', ['COMPLETED', 'COMPLETED', undefined]);
    await ends('FAILED', ['CANCELLED', 'CANCELLED', undefined]);
    await ends('INTERRUPTED', ['CANCELLED', 'CANCELLED', undefined]);
    await ends('UNSUPPORTED_OS', ['CANCELLED', 'CANCELLED', 'UNSUPPORTED_OS']);
    await ends('never', ['FAILED', 'TIMED_OUT', 'SSM_UNMANAGED']);
    await ends('silent', ['FAILED', 'TIMED_OUT', undefined]);
    const none = await runOnce(owner, nowhere);
    assert.equal((await scansOf(owner, none))[0].status, 'COMPLETED', 'a scan of nothing is over');
    const open = await runOnce(owner, prod);
    const [target] = (await call(owner, 'ListCisScanResultsAggregatedByTargetResource', { scanArn: open }))
      .targetResourceAggregations;
    assert.deepEqual([target.targetStatus, target.targetStatusReason], [undefined, 'SCAN_IN_PROGRESS']);
    // A schedule that becomes one run starts it.
    const count = (await call(owner, 'ListCisScans', {})).scans.length;
    await call(owner, 'UpdateCisScanConfiguration', {
      scanConfigurationArn: own.arn,
      schedule: { oneTime: {} },
    });
    assert.equal((await call(owner, 'ListCisScans', {})).scans.length, count + 1);
  });

  it('lists scans by filter, order and page', async ({ owner, admin, member, lone, running }) => {
    const arns = async (caller: Caller, input: Answer) =>
      (await call(caller, 'ListCisScans', input)).scans.map(({ scanArn }: Answer) => scanArn);
    const all = await pages(owner, 'ListCisScans', {}, { list: 'scans', max: 100 });
    assert.ok(all.length > 8);
    for (const sortBy of ['STATUS', 'SCHEDULED_BY', 'SCAN_START_DATE', 'FAILED_CHECKS'] as const) {
      const [up, down] = [await arns(owner, { sortBy }), await arns(owner, { sortBy, sortOrder: 'DESC' })];
      assert.deepEqual(up, down.reverse(), sortBy);
      await pages(owner, 'ListCisScans', { sortBy, sortOrder: 'DESC' }, { list: 'scans', max: 100 });
    }
    const failed = (await call(owner, 'ListCisScans', { sortBy: 'FAILED_CHECKS', sortOrder: 'DESC' })).scans;
    assert.deepEqual(failed.map(({ failedChecks }: Answer) => failedChecks).slice(0, 3), [1, 1, 0]);
    const text = (value: string, comparison = 'EQUALS') => [{ comparison, value }];
    const has = async (filterCriteria: Answer, expected: boolean, why: string) => {
      const found = await arns(owner, { filterCriteria });
      assert.equal(found.includes(own.scan), expected, why);
      if (!expected) assert.ok(found.length < all.length, why);
    };
    const { startedAt } = (
      await running.service.database.pool.query(
        `select started_at as "startedAt" from cis_scan where arn = $1`,
        [own.scan],
      )
    ).rows[0];
    const at = (milliseconds: number) => new Date(Number(startedAt) + milliseconds);
    for (const [name, yes, no] of [
      ['scanNameFilters', text('ow', 'PREFIX'), text('own', 'NOT_EQUALS')],
      [
        'targetResourceTagFilters',
        [{ comparison: 'EQUALS', key: 'env', value: 'staging' }],
        [{ comparison: 'EQUALS', key: 'env', value: 'nowhere' }],
      ],
      ['targetResourceIdFilters', text('i-0aaaaaaaaaaaaaaa1'), text('i-0aaaaaaaaaaaaaaa1', 'NOT_EQUALS')],
      ['scanStatusFilters', text('COMPLETED'), text('FAILED')],
      [
        'scanAtFilters',
        [{ earliestScanStartTime: at(-1), latestScanStartTime: at(1) }],
        [{ earliestScanStartTime: at(1) }],
      ],
      ['scanConfigurationArnFilters', text(own.arn), text(whole.arn)],
      ['scanArnFilters', text(own.scan), text(own.scan, 'NOT_EQUALS')],
      ['scheduledByFilters', text(hub), text('o-', 'PREFIX')],
      [
        'failedChecksFilters',
        [{ lowerInclusive: 1, upperInclusive: 1 }],
        [{ lowerInclusive: 2 }, { upperInclusive: 0 }],
      ],
      ['targetAccountIdFilters', text(hub), text(hub, 'NOT_EQUALS')],
    ] as const) {
      await has({ [name]: yes }, true, name);
      await has({ [name]: no }, false, `not ${name}`);
    }
    note('ListCisScans', '10 filters');

    // A member sees the organisation's scan, with its own part and nothing of the others'.
    const [part] = await scansOf(member, whole.scan);
    assert.deepEqual(
      [part.failedChecks, part.totalChecks, part.targets.accountIds],
      [2, 2, [member.accountId]],
    );
    const [hubs] = await scansOf(owner, whole.scan);
    assert.deepEqual([hubs.failedChecks, hubs.totalChecks], [1, 2]);
    assert.deepEqual((await call(lone, 'ListCisScans', {})).scans, []);
    assert.ok((await arns(admin, { detailLevel: 'ORGANIZATION' })).includes(own.scan));
    assert.deepEqual(await arns(admin, { detailLevel: 'MEMBER' }), [whole.scan]);
    for (const caller of [owner, lone])
      await refused(caller, 'ListCisScans', { detailLevel: 'ORGANIZATION' }, 'AccessDeniedException', denied);
    const token = (await call(owner, 'ListCisScans', { maxResults: 1 })).nextToken;
    await refused(
      owner,
      'ListCisScans',
      { maxResults: 1, sortBy: 'STATUS', nextToken: token },
      'ValidationException',
      /another query/,
    );
  });

  it('counts by check', async ({ owner, admin, member, lone }) => {
    const name = 'ListCisScanResultsAggregatedByChecks';
    const scanArn = whole.scan;
    const rows = async (caller: Caller, input: Answer = {}) =>
      (await call(caller, name, { scanArn, ...input })).checkAggregations.map(
        ({ accountId, checkId, statusCounts: { failed, passed, skipped } }: Answer) =>
          [accountId, checkId, failed, passed, skipped].join(' '),
      );
    const ofHub = [`${hub} 1.1 0 1 0`, `${hub} 1.2 1 0 0`];
    const ofMember = ['333344445555 1.1 1 0 0', '333344445555 1.2 1 0 0'];
    assert.deepEqual(await rows(owner), ofHub);
    assert.deepEqual(await rows(member), ofMember);
    assert.deepEqual((await rows(admin)).sort(), [...ofHub, ...ofMember].sort());
    assert.deepEqual((await rows(admin, { sortBy: 'CHECK_ID', sortOrder: 'DESC' })).length, 4);
    for (const sortBy of ['TITLE', 'PLATFORM', 'FAILED_COUNTS', 'SECURITY_LEVEL'] as const)
      await pages(admin, name, { scanArn, sortBy }, { list: 'checkAggregations', max: 100 });
    const text = (value: string, comparison = 'EQUALS') => [{ comparison, value }];
    for (const [filterCriteria, count] of [
      [{ accountIdFilters: text(hub) }, 2],
      [{ checkIdFilters: text('1.1') }, 2],
      [{ titleFilters: text('Ensure 1 2', 'PREFIX') }, 2],
      [{ platformFilters: text('DEBIAN_12', 'NOT_EQUALS') }, 0],
      [{ failedResourcesFilters: [{ upperInclusive: 0 }] }, 1],
      [{ securityLevelFilters: text('LEVEL_1') }, 0],
    ] as const)
      assert.equal((await rows(admin, { filterCriteria })).length, count, JSON.stringify(filterCriteria));
    const ordered = await call(owner, name, { scanArn: own.scan });
    assert.deepEqual(
      ordered.checkAggregations.map(({ checkId }: Answer) => checkId),
      ['1.9', '1.10', '2.1', '2.2'],
    );
    assert.deepEqual(ordered.checkAggregations[1], {
      scanArn: own.scan,
      checkId: '1.10',
      title: 'Ensure 1 10 is so',
      checkDescription: 'what it is',
      level: 'LEVEL_1',
      accountId: hub,
      platform: 'DEBIAN_12',
      statusCounts: { failed: 1, passed: 0, skipped: 0 },
    });
    await refused(lone, name, { scanArn }, 'AccessDeniedException', denied);
    await refused(member, name, { scanArn: own.scan }, 'AccessDeniedException', denied);
    await refused(owner, name, { scanArn: unknownScan }, 'AccessDeniedException', denied);
    await refused(owner, name, { scanArn: 'x' }, 'ValidationException');
  });

  it('counts by target resource', async ({ owner, admin, member, lone }) => {
    const name = 'ListCisScanResultsAggregatedByTargetResource';
    const scanArn = whole.scan;
    const ids = async (caller: Caller, input: Answer = {}) =>
      (await call(caller, name, { scanArn, ...input })).targetResourceAggregations.map(
        ({ targetResourceId }: Answer) => targetResourceId,
      );
    const [one, two] = ['i-0aaaaaaaaaaaaaaa1', 'i-0bbbbbbbbbbbbbbb1'];
    assert.deepEqual(await ids(admin), [one, two]);
    assert.deepEqual(await ids(member), [two]);
    assert.deepEqual(await ids(admin, { sortBy: 'FAILED_COUNTS' }), [one, two]);
    assert.deepEqual(await ids(admin, { sortBy: 'FAILED_COUNTS', sortOrder: 'DESC' }), [two, one]);
    for (const sortBy of ['ACCOUNT_ID', 'PLATFORM', 'TARGET_STATUS', 'TARGET_STATUS_REASON'] as const)
      await pages(admin, name, { scanArn, sortBy }, { list: 'targetResourceAggregations', max: 100 });
    const text = (value: string, comparison = 'EQUALS') => [{ comparison, value }];
    for (const [filterCriteria, expected] of [
      [{ accountIdFilters: text(hub) }, [one]],
      [{ statusFilters: text('PASSED') }, [one]],
      [{ statusFilters: text('FAILED') }, [one, two]],
      [{ statusFilters: text('SKIPPED') }, []],
      [{ checkIdFilters: text('1.2') }, [one, two]],
      [{ checkIdFilters: text('9') }, []],
      [{ targetResourceIdFilters: text('i-0b', 'PREFIX') }, [two]],
      [{ targetResourceTagFilters: [{ comparison: 'EQUALS', key: 'team', value: 'a' }] }, [one]],
      [{ platformFilters: text('DEBIAN_12') }, [one, two]],
      [{ targetStatusFilters: text('COMPLETED') }, [one]],
      [{ targetStatusReasonFilters: text('UNSUPPORTED_OS') }, [two]],
      [{ failedChecksFilters: [{ lowerInclusive: 2 }] }, [two]],
    ] as const)
      assert.deepEqual(await ids(admin, { filterCriteria }), expected, JSON.stringify(filterCriteria));
    assert.deepEqual((await call(owner, name, { scanArn })).targetResourceAggregations, [
      {
        scanArn,
        targetResourceId: one,
        accountId: hub,
        targetResourceTags: { env: ['prod'], team: ['a'] },
        statusCounts: { failed: 1, passed: 1, skipped: 0 },
        platform: 'DEBIAN_12',
        targetStatus: 'COMPLETED',
      },
    ]);
    await refused(lone, name, { scanArn }, 'AccessDeniedException', denied);
    await refused(owner, name, { scanArn: unknownScan }, 'AccessDeniedException', denied);
  });

  it('tells each result of a machine', async ({ owner, admin, member, lone }) => {
    const name = 'GetCisScanResultDetails';
    const input = { scanArn: own.scan, accountId: hub, targetResourceId: 'i-0aaaaaaaaaaaaaaa1' };
    const { scanResultDetails } = await call(admin, name, input);
    const finding = new RegExp(
      `^arn:aws:inspector2:eu-central-1:${hub}:owner/${hub}/cis-finding/[0-9a-f-]{36}$`,
    );
    for (const { findingArn } of scanResultDetails) assert.match(findingArn, finding);
    const shared = {
      scanArn: own.scan,
      accountId: hub,
      targetResourceId: input.targetResourceId,
      platform: 'DEBIAN_12',
    };
    assert.deepEqual(
      scanResultDetails.map(({ findingArn, ...rest }: Answer) => rest),
      [
        { ...shared, status: 'PASSED', checkId: '1.9', title: 'Ensure 1 9 is so' },
        {
          ...shared,
          status: 'FAILED',
          statusReason: 'found 1',
          checkId: '1.10',
          title: 'Ensure 1 10 is so',
          checkDescription: 'what it is',
          remediation: 'do it',
          level: 'LEVEL_1',
        },
        {
          ...shared,
          status: 'SKIPPED',
          statusReason: 'NOT_APPLICABLE',
          checkId: '2.1',
          title: '=1+1',
          level: 'LEVEL_2',
        },
        {
          ...shared,
          status: 'SKIPPED',
          statusReason: "ERROR: the agent's details are 2 bytes that are not text",
          checkId: '2.2',
          title: 'Ensure 2 2 is so',
        },
      ],
    );
    for (const sortBy of ['CHECK_ID', 'STATUS'] as const)
      await pages(
        owner,
        name,
        { ...input, sortBy, sortOrder: 'DESC' },
        { list: 'scanResultDetails', max: 1000 },
      );
    const text = (value: string, comparison = 'EQUALS') => [{ comparison, value }];
    for (const [filterCriteria, expected] of [
      [{ findingStatusFilters: text('FAILED') }, ['1.10']],
      [{ checkIdFilters: text('1.', 'PREFIX') }, ['1.9', '1.10']],
      [{ titleFilters: text('Ensure', 'PREFIX') }, ['1.9', '1.10', '2.2']],
      [{ securityLevelFilters: text('LEVEL_2') }, ['2.1']],
      [{ findingArnFilters: text(scanResultDetails[3].findingArn) }, ['2.2']],
    ] as const) {
      const found = await call(owner, name, { ...input, filterCriteria } as Answer);
      const checks = found.scanResultDetails.map(({ checkId }: Answer) => checkId);
      assert.deepEqual(checks, expected, JSON.stringify(filterCriteria));
    }
    const nobody = { ...input, targetResourceId: 'i-0aaaaaaaaaaaaaaa2' };
    assert.deepEqual((await call(owner, name, nobody)).scanResultDetails, []);
    await refused(lone, name, input, 'AccessDeniedException', denied);
    await refused(member, name, { ...input, scanArn: whole.scan }, 'AccessDeniedException', denied);
    await refused(owner, name, { ...input, targetResourceId: 'x' }, 'ValidationException');
  });

  it('reports as CSV and PDF', async ({ owner, admin, member, lone, running }) => {
    const name = 'GetCisScanReport';
    const csv = await call(owner, name, { scanArn: own.scan, reportFormat: 'CSV' });
    assert.equal(csv.status, 'SUCCEEDED');
    const lines = (await textOf(csv.url)).trimEnd().split('\r\n');
    assert.equal(lines.length, 5);
    for (const line of lines) assert.equal(line.match(/"(?:[^"]|"")*"/g)?.length, 11);
    assert.ok(lines[3]?.includes(`"2.1","'=1+1","LEVEL_2","SKIPPED","NOT_APPLICABLE"`), lines[3]);
    const both = await call(admin, name, { scanArn: whole.scan, reportFormat: 'CSV' });
    assert.equal((await textOf(both.url)).trimEnd().split('\r\n').length, 5);
    const targetAccounts = [member.accountId];
    const one = await call(admin, name, { scanArn: whole.scan, reportFormat: 'CSV', targetAccounts });
    assert.ok(!(await textOf(one.url)).includes(hub));
    await refused(owner, name, { scanArn: whole.scan, targetAccounts }, 'AccessDeniedException', denied);
    await refused(owner, name, { scanArn: unknownScan }, 'ResourceNotFoundException');
    await refused(lone, name, { scanArn: own.scan }, 'ResourceNotFoundException');
    const two = [hub, member.accountId];
    await refused(admin, name, { scanArn: whole.scan, targetAccounts: two }, 'ValidationException');

    const pdf = await call(owner, name, { scanArn: own.scan });
    assert.match(pdf.url, /^data:application\/pdf;base64,/);
    const words = pdfText(Buffer.from(await (await fetch(pdf.url)).arrayBuffer()));
    for (const said of [
      'CIS scan own',
      '1 passed, 1 failed, 2 skipped',
      'FAILED  1.10  Ensure 1 10 is so',
      'Remediation: do it',
    ])
      assert.ok(words.includes(said), `${said} in ${words}`);
    const { pool } = running.service.database;
    await pool.query(`update cis_job set passed = passed + 20000 where resource_id = 'i-0aaaaaaaaaaaaaaa1'`);
    await refused(owner, name, { scanArn: own.scan }, 'ValidationException', /20000 is the most/);
    await pool.query(`update cis_job set passed = passed - 20000 where resource_id = 'i-0aaaaaaaaaaaaaaa1'`);
  });

  it('keeps scans for 90 days, whatever becomes of their configuration', async (estate) => {
    const { owner, running } = estate;
    await call(owner, 'DeleteCisScanConfiguration', { scanConfigurationArn: own.arn });
    assert.equal((await scansOf(owner, own.scan)).length, 1);
    const { pool } = running.service.database;
    const day = 86_400_000;
    const age = (days: number) =>
      pool.query(`update cis_scan set started_at = $1 where arn = $2`, [Date.now() - days * day, own.scan]);
    const clean = async () => {
      await running.service.queue.retain('test');
      assert.equal(await running.service.queue.idle(30_000), true);
    };
    await age(89);
    await clean();
    assert.equal((await scansOf(owner, own.scan)).length, 1);
    await age(91);
    await clean();
    assert.equal((await scansOf(owner, own.scan)).length, 0);
    const left = await pool.query(`select 1 from cis_check where check_id = '2.1'`);
    assert.equal(left.rows.length, 0, 'with what only it had');
    const { rows } = await pool.query(
      `select operation, subject from audit_log where operation like '%Cis%' and account_id = '${hub}' order by audit_id`,
    );
    assert.ok(rows.some(({ operation }) => operation === 'StopCisSession'));
    assert.ok(!rows.some(({ operation }) => operation === 'SendCisSessionTelemetry'));
    assert.deepEqual(rows.at(-1), { operation: 'DeleteCisScanConfiguration', subject: own.arn });
  });
});

function start({ scanJobId, sessionToken }: { scanJobId: string; sessionToken: string }) {
  return { scanJobId, message: { sessionToken } };
}

async function furnish({ running }: Estate): Promise<void> {
  const { db } = running.service.database;
  for (const [accountId, id, platform, tags] of machines) {
    await noteResource(
      db,
      accountId,
      'eu-central-1',
      {
        type: 'AWS_EC2_INSTANCE',
        id,
        name: id,
        target: 'host',
        location: `elsewhere ${id}`,
        fingerprint: 'x',
        tags,
        details: { platform },
      },
      Date.now(),
    );
  }
}

/** The job of a machine: what the agent is told by whoever runs it. */
async function jobOf({ running }: Estate, scanArn: string, resourceId: string): Promise<string> {
  const { rows } = await running.service.database.pool.query(
    `select job_id from cis_job join cis_scan using (scan_number) where arn = $1 and resource_id = $2`,
    [scanArn, resourceId],
  );
  assert.equal(rows.length, 1, `${resourceId} in ${scanArn}`);
  return rows[0].job_id;
}

async function run(
  caller: Caller,
  job: string,
  messages: CisSessionMessage[],
  status: string,
): Promise<void> {
  const session = { scanJobId: job, sessionToken: randomUUID() };
  await call(caller, 'StartCisSession', start(session));
  if (messages.length > 0) await call(caller, 'SendCisSessionTelemetry', { ...session, messages });
  const message = { status: status as 'SUCCESS', progress: {} };
  await call(caller, 'StopCisSession', { ...session, message });
}

async function runOnce(caller: Caller, targetResourceTags: Record<string, string[]>): Promise<string> {
  const { scanConfigurationArn } = await call(caller, 'CreateCisScanConfiguration', {
    scanName: 'once',
    securityLevel: 'LEVEL_1',
    schedule: { oneTime: {} },
    targets: { accountIds: ['SELF'], targetResourceTags },
  });
  const filterCriteria = {
    scanConfigurationArnFilters: [{ comparison: 'EQUALS' as const, value: scanConfigurationArn }],
  };
  return (await call(caller, 'ListCisScans', { filterCriteria })).scans[0].scanArn;
}

async function scansOf(caller: Caller, arn: string): Promise<Answer[]> {
  const filterCriteria = { scanArnFilters: [{ comparison: 'EQUALS' as const, value: arn }] };
  return (await call(caller, 'ListCisScans', { filterCriteria })).scans;
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** The words of our own PDFs; throws where the file is not put together as its table says. */
function pdfText(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  const at = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1]);
  assert.equal(text.slice(at, at + 5), 'xref\n');
  const places = [...text.slice(at).matchAll(/^(\d{10}) 00000 n $/gm)].map(([, place]) => Number(place));
  for (const [index, place] of places.entries())
    assert.ok(text.slice(place).startsWith(`${index + 1} 0 obj\n`), `object ${index + 1}`);
  const streams = [...text.matchAll(/\/Length (\d+) \/Filter \/FlateDecode >>\nstream\n/g)];
  const contents = streams.map((match) => {
    const from = match.index + match[0].length;
    return inflateSync(bytes.subarray(from, from + Number(match[1]))).toString('latin1');
  });
  return contents.join('\n');
}
