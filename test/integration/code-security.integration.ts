import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noteResource } from '../../src/store/resources.ts';
import type { Caller } from './callers.ts';
import { type Answer, call, denied, type Estate, hub, onEachEngine, pages, refused } from './estate.ts';

const noIntegration = `arn:aws:inspector2:eu-central-1:${hub}:codesecurity-integration/0d2f4a6c-1111-4222-8333-444455556666`;
const noConfiguration = `arn:aws:inspector2:eu-central-1:${hub}:owner/${hub}/codesecurity-configuration/0d2f4a6c-1111-4222-8333-444455556666`;
const noProject = 'project-0d2f4a6c-1111-4222-8333-444455556666';
const scaOnly = { ruleSetCategories: ['SCA' as const] };

onEachEngine('code security', (it) => {
  it('keeps integrations, and says that it does not connect', async ({ owner, member, admin, running }) => {
    const github = { name: 'hub', type: 'GITHUB' as const, tags: { team: 'a' } };
    const { integrationArn, ...made } = await call(owner, 'CreateCodeSecurityIntegration', github);
    assert.match(
      integrationArn,
      /^arn:aws:inspector2:eu-central-1:111122223333:codesecurity-integration\/[0-9a-f-]{36}$/,
    );
    assert.deepEqual(made, { status: 'PENDING' }, 'there is nowhere to be authorized');
    const gitlabSelfManaged = { instanceUrl: 'https://git.example.org', accessToken: 'secret-token' };
    const lab = await call(owner, 'CreateCodeSecurityIntegration', {
      name: 'lab',
      type: 'GITLAB_SELF_MANAGED',
      details: { gitlabSelfManaged },
    });
    const found = await call(owner, 'GetCodeSecurityIntegration', { integrationArn });
    assert.deepEqual(
      [found.integrationArn, found.name, found.type, found.status, found.tags],
      [integrationArn, 'hub', 'GITHUB', 'PENDING', { team: 'a' }],
    );
    assert.match(found.statusReason, /cannot make; no token was kept/);
    assert.ok(found.createdOn instanceof Date && found.lastUpdateOn instanceof Date);
    const { rows } = await running.service.database.pool.query(
      `select * from code_integration c left join audit_log l on l.subject = c.arn`,
    );
    assert.equal(rows.length, 2);
    assert.ok(!JSON.stringify(rows).includes('secret-token'), 'no secret is kept');

    const tagged = { integrationArn, tags: { team: 'a' } };
    assert.equal((await call(owner, 'GetCodeSecurityIntegration', tagged)).name, 'hub');
    await refused(
      owner,
      'GetCodeSecurityIntegration',
      { integrationArn, tags: { team: 'b' } },
      'ResourceNotFoundException',
    );
    await call(owner, 'TagResource', { resourceArn: integrationArn, tags: { b: 'c' } });
    assert.deepEqual((await call(owner, 'ListTagsForResource', { resourceArn: integrationArn })).tags, {
      team: 'a',
      b: 'c',
    });
    const listed = await pages(owner, 'ListCodeSecurityIntegrations', {}, { list: 'integrations', max: 100 });
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['hub', 'lab'],
    );
    for (const caller of [member, admin]) {
      assert.deepEqual((await call(caller, 'ListCodeSecurityIntegrations', {})).integrations, []);
      await refused(caller, 'GetCodeSecurityIntegration', { integrationArn }, 'ResourceNotFoundException');
      await refused(caller, 'DeleteCodeSecurityIntegration', { integrationArn }, 'ResourceNotFoundException');
      await refused(
        caller,
        'ListTagsForResource',
        { resourceArn: integrationArn },
        'ResourceNotFoundException',
      );
    }

    await refused(owner, 'CreateCodeSecurityIntegration', github, 'ConflictException');
    const other = { ...github, name: 'other' };
    for (const [change, message] of [
      [{ details: { gitlabSelfManaged } }, /type is GITHUB/],
      [{ type: 'GITLAB_SELF_MANAGED' }, /has to name the instance/],
      [{ name: 'a b' }, /name/],
      [{ tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, 'v'])) }, /50/],
    ] as const)
      await refused(
        owner,
        'CreateCodeSecurityIntegration',
        { ...other, ...change } as Answer,
        'ValidationException',
        message,
      );
    await stopsAtQuota(owner, running);

    const code = { github: { code: 'one-time', installationId: '1' } };
    const updated = await call(owner, 'UpdateCodeSecurityIntegration', { integrationArn, details: code });
    assert.deepEqual(updated, { integrationArn, status: 'INACTIVE' });
    const after = await call(owner, 'GetCodeSecurityIntegration', { integrationArn });
    assert.match(after.statusReason, /does not connect/);
    await refused(
      owner,
      'UpdateCodeSecurityIntegration',
      { integrationArn: lab.integrationArn, details: code },
      'ValidationException',
      /is for GITHUB/,
    );
    const missing = { integrationArn: noIntegration };
    await refused(
      owner,
      'UpdateCodeSecurityIntegration',
      { ...missing, details: code },
      'ResourceNotFoundException',
    );
    await refused(owner, 'GetCodeSecurityIntegration', missing, 'ResourceNotFoundException');
    assert.deepEqual(await call(owner, 'DeleteCodeSecurityIntegration', { integrationArn }), {
      integrationArn,
    });
    await refused(owner, 'DeleteCodeSecurityIntegration', { integrationArn }, 'ResourceNotFoundException');
    const left = await running.service.database.pool.query('select 1 from tag where arn = $1', [
      integrationArn,
    ]);
    assert.equal(left.rows.length, 0);
  });

  async function stopsAtQuota(owner: Caller, { service }: Estate['running']): Promise<void> {
    const { pool } = service.database;
    await pool.query(`insert into code_integration (arn, account_id, name, type, status, status_reason, created_at, updated_at)
      select 'arn:' || n, '${hub}', 'n' || n, 'GITHUB', 'PENDING', '', 0, 0 from generate_series(3, 500) n`);
    const input = { name: 'one-more', type: 'GITHUB' as const };
    await refused(owner, 'CreateCodeSecurityIntegration', input, 'ServiceQuotaExceededException');
    await pool.query(`delete from code_integration where arn like 'arn:_%' and arn not like 'arn:aws%'`);
  }

  it('keeps scan configurations of an account', async ({ owner, lone, running }) => {
    const input = {
      name: 'weekly',
      level: 'ACCOUNT',
      configuration: {
        periodicScanConfiguration: { frequency: 'WEEKLY' },
        continuousIntegrationScanConfiguration: { supportedEvents: ['PULL_REQUEST', 'PUSH'] },
        ruleSetCategories: ['SAST', 'SCA'],
      },
      tags: { team: 'a' },
    } as const;
    const { scanConfigurationArn } = await call(owner, 'CreateCodeSecurityScanConfiguration', input);
    assert.match(scanConfigurationArn, /:owner\/111122223333\/codesecurity-configuration\/[0-9a-f-]{36}$/);
    const found = await call(owner, 'GetCodeSecurityScanConfiguration', { scanConfigurationArn });
    const { periodicScanConfiguration, ...rest } = found.configuration;
    assert.equal(periodicScanConfiguration.frequency, 'WEEKLY');
    assert.match(
      periodicScanConfiguration.frequencyExpression,
      /^cron\(0 \d{1,2} \? \* (SUN|MON|TUE|WED|THU|FRI|SAT) \*\)$/,
      'a day was chosen',
    );
    assert.deepEqual(rest, {
      continuousIntegrationScanConfiguration: { supportedEvents: ['PULL_REQUEST', 'PUSH'] },
      ruleSetCategories: ['SAST', 'SCA'],
    });
    assert.deepEqual([found.name, found.level, found.tags], ['weekly', 'ACCOUNT', { team: 'a' }]);
    assert.equal(found.scopeSettings, undefined);
    assert.ok(found.createdAt instanceof Date && found.lastUpdatedAt instanceof Date);

    const monthly = { frequency: 'MONTHLY' as const, frequencyExpression: 'cron(0 9 1 * ? *)' };
    const configuration = { periodicScanConfiguration: monthly, ruleSetCategories: ['IAC' as const] };
    await call(owner, 'UpdateCodeSecurityScanConfiguration', { scanConfigurationArn, configuration });
    const changed = await call(owner, 'GetCodeSecurityScanConfiguration', { scanConfigurationArn });
    assert.deepEqual(changed.configuration, configuration);
    const schedules = [
      [{ frequency: 'WEEKLY', frequencyExpression: 'cron(0 9 1 * ? *)' }, /does not run weekly/],
      [{ frequency: 'MONTHLY', frequencyExpression: 'cron(0 9 ? * MON *)' }, /does not run monthly/],
      [{ frequency: 'WEEKLY', frequencyExpression: 'cron(0 9 ? * MON,TUE *)' }, /does not run weekly/],
      [{ frequency: 'WEEKLY', frequencyExpression: 'every monday' }, /six fields/],
      [{ frequency: 'NEVER', frequencyExpression: 'cron(0 9 ? * MON *)' }, /never runs/],
      [{ frequencyExpression: 'cron(0 9 ? * MON *)' }, /no frequency/],
    ] as const;
    for (const [periodic, message] of schedules) {
      const wrong = { ...scaOnly, periodicScanConfiguration: periodic };
      const create = { name: 'wrong', level: 'ACCOUNT' as const, configuration: wrong };
      await refused(owner, 'CreateCodeSecurityScanConfiguration', create, 'ValidationException', message);
      const update = { scanConfigurationArn, configuration: wrong };
      await refused(owner, 'UpdateCodeSecurityScanConfiguration', update, 'ValidationException', message);
    }
    for (const [name, expression] of [
      ['a', 'cron(30 23 ? * 7 *)'],
      ['b', '0 0 * * SUN *'],
    ] as const) {
      const periodic = { frequency: 'WEEKLY' as const, frequencyExpression: expression };
      await call(owner, 'CreateCodeSecurityScanConfiguration', {
        name,
        level: 'ACCOUNT',
        configuration: { ...scaOnly, periodicScanConfiguration: periodic },
      });
    }
    await refused(owner, 'CreateCodeSecurityScanConfiguration', input, 'ConflictException', /weekly/);
    const none = { name: 'none', level: 'ACCOUNT' as const, configuration: { ruleSetCategories: [] } };
    await refused(owner, 'CreateCodeSecurityScanConfiguration', none, 'ValidationException');
    const fallback = {
      name: 'all',
      level: 'ACCOUNT',
      configuration: scaOnly,
      scopeSettings: { projectSelectionScope: 'ALL' },
    } as const;
    const standard = await call(owner, 'CreateCodeSecurityScanConfiguration', fallback);
    await refused(
      owner,
      'CreateCodeSecurityScanConfiguration',
      { ...fallback, name: 'all too' },
      'ValidationException',
    );
    await refused(
      owner,
      'CreateCodeSecurityScanConfiguration',
      { ...fallback, name: 'all-too' },
      'ConflictException',
      /default/,
    );
    const listed = await pages(
      owner,
      'ListCodeSecurityScanConfigurations',
      {},
      { list: 'configurations', max: 100 },
    );
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['weekly', 'a', 'b', 'all'],
    );
    assert.deepEqual(listed[0], {
      scanConfigurationArn,
      name: 'weekly',
      ownerAccountId: hub,
      periodicScanFrequency: 'MONTHLY',
      frequencyExpression: 'cron(0 9 1 * ? *)',
      ruleSetCategories: ['IAC'],
      tags: { team: 'a' },
    });
    assert.deepEqual(listed[3].scopeSettings, { projectSelectionScope: 'ALL' });

    const { pool } = running.service.database;
    await pool.query(`insert into code_scan_configuration (arn, account_id, owner_id, name, level, configuration, is_default, created_at, updated_at)
      select 'arn:' || n, '${hub}', '${hub}', 'n' || n, 'ACCOUNT', '{}', false, 0, 0 from generate_series(4, 500) n`);
    const more = { name: 'one-more', level: 'ACCOUNT' as const, configuration: scaOnly };
    await refused(owner, 'CreateCodeSecurityScanConfiguration', more, 'ServiceQuotaExceededException');
    await pool.query(`delete from code_scan_configuration where configuration = '{}'`);

    const missing = { scanConfigurationArn: noConfiguration };
    await refused(
      lone,
      'GetCodeSecurityScanConfiguration',
      { scanConfigurationArn },
      'ResourceNotFoundException',
    );
    for (const arn of [{ scanConfigurationArn }, missing]) {
      const caller = arn === missing ? owner : lone;
      await refused(caller, 'DeleteCodeSecurityScanConfiguration', arn, 'ResourceNotFoundException');
      await refused(
        caller,
        'UpdateCodeSecurityScanConfiguration',
        { ...arn, configuration: scaOnly },
        'ResourceNotFoundException',
      );
      await refused(
        caller,
        'ListCodeSecurityScanConfigurationAssociations',
        arn,
        'ResourceNotFoundException',
      );
    }
    await refused(owner, 'GetCodeSecurityScanConfiguration', missing, 'ResourceNotFoundException');
    for (const { scanConfigurationArn: arn } of [{ scanConfigurationArn }, standard])
      assert.deepEqual(
        await call(owner, 'DeleteCodeSecurityScanConfiguration', { scanConfigurationArn: arn }),
        { scanConfigurationArn: arn },
      );
  });

  it('keeps scan configurations of the organisation', async ({ owner, admin, member, lone }) => {
    const input = {
      name: 'organisation',
      level: 'ORGANIZATION' as const,
      configuration: scaOnly,
      scopeSettings: { projectSelectionScope: 'ALL' as const },
    };
    for (const caller of [owner, lone])
      await refused(caller, 'CreateCodeSecurityScanConfiguration', input, 'AccessDeniedException', denied);
    const { scanConfigurationArn } = await call(admin, 'CreateCodeSecurityScanConfiguration', input);
    assert.match(scanConfigurationArn, /:owner\/o-[0-9a-f]{10}\/codesecurity-configuration\//);
    const found = await call(member, 'GetCodeSecurityScanConfiguration', { scanConfigurationArn });
    assert.deepEqual([found.level, found.scopeSettings], ['ORGANIZATION', { projectSelectionScope: 'ALL' }]);
    await refused(
      member,
      'UpdateCodeSecurityScanConfiguration',
      { scanConfigurationArn, configuration: scaOnly },
      'AccessDeniedException',
      denied,
    );
    await refused(
      member,
      'DeleteCodeSecurityScanConfiguration',
      { scanConfigurationArn },
      'AccessDeniedException',
      denied,
    );
    await refused(
      lone,
      'GetCodeSecurityScanConfiguration',
      { scanConfigurationArn },
      'ResourceNotFoundException',
    );
    await call(admin, 'TagResource', { resourceArn: scanConfigurationArn, tags: { a: 'b' } });
    await refused(
      member,
      'TagResource',
      { resourceArn: scanConfigurationArn, tags: { a: 'b' } },
      'ResourceNotFoundException',
    );
    await call(admin, 'DeleteCodeSecurityScanConfiguration', { scanConfigurationArn });
  });

  it('associates configurations with projects', async (estate) => {
    const { owner, admin, member, lone, running } = estate;
    const projects = await furnish(estate);
    const standard = await configure(owner, 'standard', { ...scaOnly }, true);
    const listed = await pages(
      owner,
      'ListCodeSecurityScanConfigurationAssociations',
      { scanConfigurationArn: standard },
      { list: 'associations', max: 100 },
    );
    assert.equal(listed.length, 2, 'a default configuration is for all projects');
    const [projectId, second] = listed.map(({ resource }) => resource.projectId);
    assert.match(projectId, /^project-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

    const general = await configure(owner, 'general', scaOnly, false);
    const ask = (scanConfigurationArn: string, id: string) => ({
      scanConfigurationArn,
      resource: { projectId: id },
    });
    const codes = async (caller: Caller, requests: Answer[], isRemoval = false) => {
      const answer = isRemoval
        ? await call(caller, 'BatchDisassociateCodeSecurityScanConfiguration', {
            disassociateConfigurationRequests: requests,
          })
        : await call(caller, 'BatchAssociateCodeSecurityScanConfiguration', {
            associateConfigurationRequests: requests,
          });
      for (const { statusMessage } of answer.failedAssociations) assert.match(statusMessage, /./);
      return [
        ...answer.successfulAssociations.map(() => 'done'),
        ...answer.failedAssociations.map(({ statusCode }: Answer) => statusCode),
      ];
    };
    const both = [ask(general, projectId), ask(general, second)];
    assert.deepEqual(await codes(owner, both), ['done', 'done']);
    assert.deepEqual(await codes(owner, both), ['done', 'done'], 'again changes nothing');
    const associations = await pages(
      owner,
      'ListCodeSecurityScanConfigurationAssociations',
      { scanConfigurationArn: general },
      { list: 'associations', max: 100 },
    );
    assert.deepEqual(
      associations.map(({ resource }) => resource.projectId),
      [projectId, second],
    );
    assert.deepEqual(
      await codes(owner, [
        ask(general, noProject),
        ask(noConfiguration, projectId),
        ask(standard, projectId),
      ]),
      ['RESOURCE_NOT_FOUND', 'SCAN_CONFIGURATION_NOT_FOUND', 'INVALID_INPUT'],
    );
    assert.deepEqual(await codes(lone, [ask(general, projectId)]), ['SCAN_CONFIGURATION_NOT_FOUND']);
    for (const name of ['1', '2', '3'])
      assert.deepEqual(await codes(owner, [ask(await configure(owner, name, scaOnly, false), projectId)]), [
        'done',
      ]);
    const fifth = await configure(owner, '4', scaOnly, false);
    assert.deepEqual(await codes(owner, [ask(fifth, projectId), ask(fifth, second)]), [
      'done',
      'QUOTA_EXCEEDED',
    ]);
    assert.deepEqual(await codes(owner, [ask(general, second)], true), ['done']);
    assert.deepEqual(await codes(owner, [ask(general, second)], true), ['RESOURCE_NOT_FOUND']);

    // An administrator's configuration of the organisation is for its members' projects.
    const { scanConfigurationArn: whole } = await call(admin, 'CreateCodeSecurityScanConfiguration', {
      name: 'whole',
      level: 'ORGANIZATION',
      configuration: scaOnly,
    });
    const { scanConfigurationArn: own } = await call(admin, 'CreateCodeSecurityScanConfiguration', {
      name: 'own',
      level: 'ACCOUNT',
      configuration: scaOnly,
    });
    assert.deepEqual(await codes(admin, [ask(whole, second), ask(own, second)]), ['done', 'INVALID_INPUT']);
    assert.deepEqual(await codes(member, [ask(whole, projects.member)]), ['ACCESS_DENIED']);
    assert.deepEqual(await codes(admin, [ask(whole, projects.member)]), ['done']);
    assert.deepEqual(await codes(admin, [ask(whole, projects.lone)]), ['RESOURCE_NOT_FOUND']);
    const input = { scanConfigurationArn: whole };
    const count = async (caller: Caller) =>
      (await call(caller, 'ListCodeSecurityScanConfigurationAssociations', input)).associations.length;
    assert.deepEqual([await count(admin), await count(member), await count(owner)], [2, 1, 1]);
    for (const name of [
      'BatchAssociateCodeSecurityScanConfiguration',
      'BatchDisassociateCodeSecurityScanConfiguration',
    ] as const)
      for (const size of [0, 26]) {
        const requests = Array.from({ length: size }, () => ask(general, projectId));
        const member = name.startsWith('BatchA') ? 'associate' : 'disassociate';
        await refused<'BatchAssociateCodeSecurityScanConfiguration'>(
          owner,
          name as 'BatchAssociateCodeSecurityScanConfiguration',
          { [`${member}ConfigurationRequests`]: requests } as Answer,
          'ValidationException',
        );
      }
    const { rows } = await running.service.database.pool.query(
      `select after from audit_log where operation = 'BatchAssociateCodeSecurityScanConfiguration' order by audit_id limit 1`,
    );
    assert.deepEqual(rows[0].after[projectId], [scaOnly]);
  });

  it('scans a project when asked, as far as it can', async (estate) => {
    const { owner, admin, lone, running, place } = estate;
    const { rows } = await running.service.database.pool.query(
      `select 'project-' || md5(account_id || ' ' || id)::uuid::text as id from resource where location = $1`,
      [join(place, 'project')],
    );
    const resource = { projectId: rows[0].id as string };
    const start = (caller: Caller, clientToken = randomUUID()) =>
      call(caller, 'StartCodeSecurityScan', { resource, clientToken });
    const ended = async (scanId: string): Promise<Answer> => {
      let scan: Answer;
      await running.until('the end of a scan', async () => {
        scan = await call(owner, 'GetCodeSecurityScan', { resource, scanId });
        return scan.status !== 'IN_PROGRESS';
      });
      return scan;
    };
    await running.until('the first scan', async () => {
      const filterCriteria = { resourceType: [{ comparison: 'EQUALS' as const, value: 'CODE_REPOSITORY' }] };
      return (await call(owner, 'ListFindings', { filterCriteria })).findings.length === 1;
    });
    assert.equal(await running.service.queue.idle(20_000), true);
    const token = randomUUID();
    const first = await start(owner, token);
    assert.equal(first.status, 'IN_PROGRESS');
    const unchanged = await ended(first.scanId);
    assert.deepEqual(
      [unchanged.status, unchanged.statusReason, unchanged.accountId, unchanged.resource],
      ['SKIPPED', 'Nothing changed in the project since its last scan.', hub, resource],
    );
    assert.ok(unchanged.createdAt instanceof Date && unchanged.updatedAt instanceof Date);
    assert.equal((await start(owner, token)).scanId, first.scanId, 'the token asks for the same scan');

    // Below the top, where no trigger looks: only the scan itself finds the change.
    const nested = join(place, 'project', 'node_modules', 'lodash', 'notes.json');
    writeFileSync(nested, '{}');
    const second = await start(admin);
    const done = await ended(second.scanId);
    assert.deepEqual(
      [done.status, done.statusReason],
      ['SUCCESSFUL', undefined],
      'SCA was all that was asked',
    );

    // A configuration that asks for more than there are engines for.
    const all = { ruleSetCategories: ['SAST', 'IAC', 'SCA'] } as const;
    const { scanConfigurationArn } = (
      await call(owner, 'ListCodeSecurityScanConfigurations', {})
    ).configurations.find(({ name }: Answer) => name === 'standard');
    await call(owner, 'UpdateCodeSecurityScanConfiguration', { scanConfigurationArn, configuration: all });
    writeFileSync(nested, '{"more":1}');
    const third = await ended((await start(owner)).scanId);
    assert.deepEqual(
      [third.status, third.statusReason],
      ['SUCCESSFUL', 'Dependencies were scanned. There is no engine for SAST and IAC here.'],
    );
    const { pool } = running.service.database;
    await pool.query('delete from code_association');
    await call(owner, 'UpdateCodeSecurityScanConfiguration', {
      scanConfigurationArn,
      configuration: { ruleSetCategories: ['SAST'] },
    });
    const fourth = await ended((await start(owner)).scanId);
    assert.deepEqual(
      [fourth.status, fourth.statusReason],
      ['FAILED', 'There is no engine for SAST here. Nothing was scanned.'],
    );

    const input = { resource };
    await refused(lone, 'StartCodeSecurityScan', input, 'ResourceNotFoundException');
    await refused(
      lone,
      'GetCodeSecurityScan',
      { resource, scanId: first.scanId },
      'ResourceNotFoundException',
    );
    const missing = { resource: { projectId: noProject } };
    await refused(owner, 'StartCodeSecurityScan', missing, 'ResourceNotFoundException');
    await refused(
      owner,
      'GetCodeSecurityScan',
      { resource, scanId: randomUUID() },
      'ResourceNotFoundException',
    );
    await refused(owner, 'GetCodeSecurityScan', { resource, scanId: 'x' }, 'ValidationException');
    await refused(owner, 'StartCodeSecurityScan', { resource: { projectId: 'x' } }, 'ValidationException');
    await pool.query(`insert into code_scan (scan_id, account_id, resource_id, status, created_at, updated_at)
      select gen_random_uuid()::text, account_id, resource_id, 'IN_PROGRESS', 0, 0 from code_scan limit 1`);
    await refused(owner, 'StartCodeSecurityScan', input, 'ConflictException', /in progress/);
    // What a killed service left goes on.
    const left = await pool.query(
      `select scan_number as number, scan_id as id from code_scan where status = 'IN_PROGRESS'`,
    );
    rmSync(join(place, 'project'), { recursive: true });
    await running.service.queue.scanProject(Number(left.rows[0].number), 'service started');
    await running.until('the end of what was left', async () => {
      const { rows } = await pool.query('select status from code_scan where scan_number = $1', [
        left.rows[0].number,
      ]);
      return rows[0].status === 'FAILED';
    });
    await refused(owner, 'StartCodeSecurityScan', input, 'ResourceNotFoundException', /project/);
  });
});

async function configure(
  caller: Caller,
  name: string,
  configuration: typeof scaOnly,
  isDefault: boolean,
): Promise<string> {
  const { scanConfigurationArn } = await call(caller, 'CreateCodeSecurityScanConfiguration', {
    name,
    level: 'ACCOUNT',
    configuration,
    ...(isDefault ? { scopeSettings: { projectSelectionScope: 'ALL' as const } } : {}),
  });
  return scanConfigurationArn;
}

/** A second project of the owner, one of the member, and one of the account by itself; answers the latter two. */
async function furnish({ running, owner, member, lone }: Estate): Promise<{ member: string; lone: string }> {
  const { db, pool } = running.service.database;
  await running.until('the project of the estate', async () => {
    const { rows } = await pool.query(`select 1 from resource where type = 'CODE_REPOSITORY'`);
    return rows.length === 1;
  });
  for (const { accountId } of [owner, member, lone]) {
    const project = {
      type: 'CODE_REPOSITORY' as const,
      id: 'project-further',
      name: 'further',
      target: 'dir',
      location: '/nowhere/further',
      fingerprint: 'x',
      tags: {},
      details: {},
    };
    await noteResource(db, accountId, 'eu-central-1', project, Date.now());
  }
  const idOf = async ({ accountId }: Caller) => {
    const { rows } = await pool.query(
      `select 'project-' || md5(account_id || ' ' || id)::uuid::text as id from resource where account_id = $1 and name = 'further'`,
      [accountId],
    );
    return rows[0].id as string;
  };
  return { member: await idOf(member), lone: await idOf(lone) };
}
