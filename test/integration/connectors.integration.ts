import assert from 'node:assert/strict';
import { type Answer, call, denied, hub, onEachEngine, pages, refused } from './estate.ts';

const configArn = (name: string, account = hub) =>
  `arn:aws:config:eu-central-1:${account}:connector/azure/tenant/${name}`;
const subscription = '0d2f4a6c-1111-4222-8333-444455556666';
const azure = {
  awsConfigConnectorArn: configArn('one'),
  scopeConfiguration: {
    vmScanning: { scopeType: 'SUBSCRIPTION' as const, scopeValues: [subscription] },
    containerImageScanning: { scopeType: 'TENANT' as const },
  },
  azureRegions: ['westeurope', 'northeurope'],
};
const input = {
  name: 'azure-1',
  provider: 'AZURE' as const,
  description: 'the other cloud',
  providerDetail: { azure },
  tags: { team: 'a' },
};
const noConnector = `arn:aws:inspector2:eu-central-1:${hub}:connector/${subscription}`;

onEachEngine('connectors', (it) => {
  it('keeps connectors: made, changed, listed, deleted', async ({ owner, admin, member, lone, running }) => {
    const { connectorArn } = await call(owner, 'CreateConnector', { ...input, clientToken: 'once' });
    assert.match(connectorArn, /^arn:aws:inspector2:eu-central-1:111122223333:connector\/[0-9a-f-]{36}$/);
    const again = await call(owner, 'CreateConnector', { ...input, clientToken: 'once' });
    assert.deepEqual(again, { connectorArn }, 'the token asks for the same connector');
    const [found] = (await call(owner, 'ListConnectors', {})).items;
    const { createdAt, updatedAt, health, enablementStatusReason, scopeConfiguration, ...rest } = found;
    assert.deepEqual(rest, {
      connectorArn,
      name: 'azure-1',
      description: 'the other cloud',
      provider: 'AZURE',
      enablementStatus: 'PENDING_ENABLEMENT',
      azureRegions: ['westeurope', 'northeurope'],
      awsConfigConnectorArn: configArn('one'),
      tags: { team: 'a' },
      autoInstallVMScanner: true,
    });
    assert.ok(createdAt instanceof Date && updatedAt instanceof Date);
    assert.equal(health.connectorStatus, 'UNKNOWN');
    assert.ok(health.lastCheckedAt instanceof Date);
    for (const why of [enablementStatusReason, health.message, scopeConfiguration.vmScanning.stateReason])
      assert.match(why, /does not have/);
    assert.deepEqual(
      [scopeConfiguration.vmScanning.scopeValues, scopeConfiguration.containerImageScanning.state],
      [[subscription], 'PENDING'],
    );

    await refused(owner, 'CreateConnector', input, 'ConflictException', /azure-1/);
    const other = { ...input, name: 'azure-2' };
    const scoped = (scopeConfiguration: Answer) => ({
      providerDetail: { azure: { ...azure, scopeConfiguration } },
    });
    for (const [change, message] of [
      [{ name: 'a b' }, /name/],
      [scoped({}), /nothing to scan/],
      [scoped({ vmScanning: { scopeType: 'SUBSCRIPTION' } }), /no subscription/],
      [scoped({ vmScanning: { scopeType: 'SUBSCRIPTION', scopeValues: ['x'] } }), /scopeValues/],
      [{ providerDetail: { azure: { ...azure, azureRegions: [] } } }, /azureRegions/],
      [{ providerDetail: { azure: { ...azure, awsConfigConnectorArn: 'x' } } }, /awsConfigConnectorArn/],
      [{ provider: 'GCP' }, /provider/],
    ] as const)
      await refused(
        owner,
        'CreateConnector',
        { ...other, ...change } as Answer,
        'ValidationException',
        message,
      );

    await refused(lone, 'CreateConnector', input, 'AccessDeniedException', denied);

    await call(owner, 'UpdateConnector', { connectorArn, description: 'changed' });
    await call(owner, 'UpdateConnector', {
      connectorArn,
      providerDetail: { azure: { azureRegions: ['eastus'], autoInstallVMScanner: false } },
    });
    const [changed] = (await call(owner, 'ListConnectors', {})).items;
    assert.deepEqual(
      [changed.description, changed.azureRegions, changed.autoInstallVMScanner],
      ['changed', ['eastus'], false],
    );
    assert.deepEqual(changed.scopeConfiguration, scopeConfiguration, 'what is not named stays');
    await refused(
      owner,
      'UpdateConnector',
      { connectorArn, providerDetail: { azure: { scopeConfiguration: {} } } },
      'ValidationException',
      /nothing to scan/,
    );

    // An administrator sees its members' connectors, and leaves them alone.
    assert.equal((await call(admin, 'ListConnectors', {})).items.length, 1);
    for (const name of ['UpdateConnector', 'DeleteConnector'] as const) {
      await refused(admin, name, { connectorArn }, 'AccessDeniedException', denied);
      for (const caller of [member, lone])
        await refused(caller, name, { connectorArn }, 'ResourceNotFoundException');
      await refused(owner, name, { connectorArn: noConnector }, 'ResourceNotFoundException');
      await refused(owner, name, { connectorArn: 'x' }, 'ValidationException');
    }
    for (const caller of [member, lone])
      assert.deepEqual((await call(caller, 'ListConnectors', {})).items, []);
    await call(owner, 'TagResource', { resourceArn: connectorArn, tags: { b: 'c' } });
    await call(owner, 'UntagResource', { resourceArn: connectorArn, tagKeys: ['team'] });
    assert.deepEqual((await call(owner, 'ListTagsForResource', { resourceArn: connectorArn })).tags, {
      b: 'c',
    });
    await refused(admin, 'TagResource', { resourceArn: connectorArn, tags: {} }, 'ResourceNotFoundException');

    const { pool } = running.service.database;
    await pool.query(`insert into connector (arn, account_id, name, provider, config_connector_arn, regions, scope,
      auto_install_scanner, created_at, updated_at)
      select 'arn:' || n, '${hub}', 'n' || n, 'AZURE', 'x', '[]', '{}', true, 0, 0 from generate_series(2, 100) n`);
    await refused(owner, 'CreateConnector', other, 'ServiceQuotaExceededException');
    assert.equal((await call(owner, 'ListConnectors', { maxResults: 2147483647 })).items.length, 100);
    await pool.query(`delete from connector where config_connector_arn = 'x'`);

    assert.deepEqual(await call(owner, 'DeleteConnector', { connectorArn }), {});
    assert.deepEqual((await call(owner, 'ListConnectors', {})).items, []);
    await refused(owner, 'DeleteConnector', { connectorArn }, 'ResourceNotFoundException');
    const { rows } = await pool.query('select 1 from tag where arn = $1', [connectorArn]);
    assert.equal(rows.length, 0);
  });

  it('lists connectors by filter and page', async ({ owner, admin, member }) => {
    const arns: string[] = [];
    for (const [caller, name] of [
      [owner, 'one'],
      [owner, 'two'],
      [member, 'three'],
    ] as const) {
      const awsConfigConnectorArn = configArn(name, caller.accountId);
      const providerDetail = { azure: { ...azure, awsConfigConnectorArn } };
      const made = await call(caller, 'CreateConnector', { ...input, name, providerDetail });
      arns.push(made.connectorArn);
    }
    const names = async (filterCriteria: Answer) =>
      (await call(admin, 'ListConnectors', { filterCriteria })).items.map(({ name }: Answer) => name);
    const is = (value: string, comparison = 'EQUALS') => [{ comparison, value }];
    for (const [filterCriteria, expected] of [
      [undefined, ['one', 'two', 'three']],
      [{ connectorArns: [...is(arns[0] ?? ''), ...is(arns[2] ?? '')] }, ['one', 'three']],
      [{ accounts: is(hub) }, ['one', 'two']],
      [{ accounts: is(hub, 'NOT_EQUALS') }, ['three']],
      [{ awsConfigConnectorArns: is(configArn('two')) }, ['two']],
      [{ connectorType: is('CUSTOMER_MANAGED') }, ['one', 'two', 'three']],
      [{ connectorType: is('SERVICE_LINKED') }, []],
      [{ provider: is('AZURE') }, ['one', 'two', 'three']],
      [{ provider: is('AZURE'), accounts: is(member.accountId) }, ['three']],
    ] as const)
      assert.deepEqual(await names(filterCriteria), expected, JSON.stringify(filterCriteria));
    const seen: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await call(admin, 'ListConnectors', { maxResults: 1, nextToken });
      assert.equal(page.items.length, 1);
      seen.push(page.items[0].name);
      nextToken = page.nextToken;
    } while (nextToken);
    assert.deepEqual(seen, ['one', 'two', 'three']);
    for (const bad of [{ maxResults: 0 }, { maxResults: -1 }, { nextToken: 'AAAA' }, { nextToken: '' }])
      await refused(admin, 'ListConnectors', bad, 'ValidationException');
    const { nextToken: token } = await call(admin, 'ListConnectors', { maxResults: 1 });
    await refused(
      admin,
      'ListConnectors',
      { nextToken: token, filterCriteria: { accounts: is(hub) } } as Answer,
      'ValidationException',
      /another query/,
    );
  });

  it('keeps how long images of a connector are scanned', async ({ owner, admin, member, lone }) => {
    const list = await pages(
      admin,
      'ListConnectorScanConfigurations',
      {},
      { list: 'scanConfigurations', max: 50 },
    );
    const names = list.map(({ awsConfigConnectorArn }) => awsConfigConnectorArn);
    assert.deepEqual(names, [configArn('one'), configArn('two'), configArn('three', member.accountId)]);
    assert.deepEqual(list[0].scanConfiguration, {
      containerImageScanning: { pushDuration: 'DAYS_14', pullDuration: 'DAYS_14' },
    });
    const awsConfigConnectorArn = configArn('one');
    const change = (containerImageScanning: Answer) => ({
      awsConfigConnectorArn,
      scanConfiguration: { containerImageScanning },
    });
    assert.deepEqual(
      await call(owner, 'UpdateConnectorScanConfiguration', change({ pushDuration: 'LIFETIME' })),
      {},
    );
    await call(owner, 'UpdateConnectorScanConfiguration', change({ pullDuration: 'DAYS_60' }));
    const only = { awsConfigConnectorArns: [awsConfigConnectorArn] };
    const { scanConfigurations } = await call(owner, 'ListConnectorScanConfigurations', only);
    assert.equal(scanConfigurations.length, 1);
    assert.deepEqual(scanConfigurations[0].scanConfiguration.containerImageScanning, {
      pushDuration: 'LIFETIME',
      pullDuration: 'DAYS_60',
    });
    assert.equal(scanConfigurations[0].connectorArns.length, 1);
    const name = 'UpdateConnectorScanConfiguration';
    await refused(owner, name, change({ pushDuration: 'DAYS_1' }), 'ValidationException');
    await refused(admin, name, change({ pushDuration: 'DAYS_3' }), 'AccessDeniedException', denied);
    for (const caller of [member, lone])
      await refused(caller, name, change({ pushDuration: 'DAYS_3' }), 'ResourceNotFoundException');
    assert.deepEqual((await call(lone, 'ListConnectorScanConfigurations', {})).scanConfigurations, []);
    for (const awsConfigConnectorArns of [[], Array.from({ length: 11 }, () => awsConfigConnectorArn)])
      await refused(
        owner,
        'ListConnectorScanConfigurations',
        { awsConfigConnectorArns },
        'ValidationException',
      );
    // What was set goes with the last connector that it was for.
    const filterCriteria = {
      awsConfigConnectorArns: [{ comparison: 'EQUALS' as const, value: awsConfigConnectorArn }],
    };
    const [connector] = (await call(owner, 'ListConnectors', { filterCriteria })).items;
    await call(owner, 'DeleteConnector', { connectorArn: connector.connectorArn });
    await call(owner, 'CreateConnector', input);
    const [fresh] = (await call(owner, 'ListConnectorScanConfigurations', only)).scanConfigurations;
    assert.equal(fresh.scanConfiguration.containerImageScanning.pushDuration, 'DAYS_14');
  });
});
