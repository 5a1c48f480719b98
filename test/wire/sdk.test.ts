import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as sdk from '@aws-sdk/client-inspector2';
import * as errors from '../../src/api/wire/errors.ts';
import type { Checked } from '../../src/api/wire/handlers.ts';
import { type Server, startServer } from './server.ts';

let server: Server;
let client: sdk.Inspector2Client;
let toThrow: unknown = null;
let calls = 0;

before(async () => {
  server = await startServer({
    async ListFindings({ filterCriteria }, { user }) {
      return {
        findings: [finding(filterCriteria?.updatedAt?.[0]?.startInclusive)],
        nextToken: `${user}-ä-漢-😀`,
      };
    },
    async ListTagsForResource({ resourceArn }) {
      return { tags: { arn: resourceArn } };
    },
    async UntagResource({ tagKeys }) {
      throw errors.resourceNotFound(tagKeys.join('|'));
    },
    async ListCodeSecurityIntegrations({ nextToken, maxResults }) {
      return { nextToken: `${nextToken}/${maxResults}` };
    },
    async GetConfiguration() {
      calls += 1;
      throw toThrow;
    },
  });
  client = server.client();
});
after(() => server.close());

describe('the SDK client', () => {
  test('gets findings, with dates both ways and any script', async () => {
    const updatedAt = new Date('2026-01-02T03:04:05.250Z');
    const filterCriteria: sdk.FilterCriteria = {
      title: [{ comparison: 'PREFIX', value: 'Grüße 漢字 😀' }],
      updatedAt: [{ startInclusive: updatedAt }],
    };
    const { findings, nextToken } = await client.send(new sdk.ListFindingsCommand({ filterCriteria }));
    assert.deepEqual(findings, [finding(updatedAt)]);
    assert.equal(nextToken, 'alice-ä-漢-😀');
  });

  test('an ARN with slashes in the path', async () => {
    const resourceArn = 'arn:aws:inspector2:eu-central-1:123456789012:owner/123456789012/filter/a b+ä%2F';
    const { tags } = await client.send(new sdk.ListTagsForResourceCommand({ resourceArn }));
    assert.deepEqual(tags, { arn: resourceArn });
  });

  test('lists and numbers in the query', async () => {
    const untag = new sdk.UntagResourceCommand({ resourceArn: 'a', tagKeys: ['team:a', 'x+/=', 'z'] });
    await assert.rejects(client.send(untag), { name: 'ResourceNotFoundException', message: 'team:a|x+/=|z' });
    const list = new sdk.ListCodeSecurityIntegrationsCommand({ nextToken: 'a&b= ä', maxResults: 5 });
    assert.equal((await client.send(list)).nextToken, 'a&b= ä/5');
  });
});

describe('errors that a handler throws', () => {
  const resource = { resourceId: 'i', resourceType: 't' };
  const fields = [{ name: 'a', message: 'b' }];
  const cases: readonly (readonly [
    errors.ApiError,
    abstract new (...parameters: never[]) => Error,
    object,
  ])[] = [
    [errors.accessDenied('Nein, ä'), sdk.AccessDeniedException, { message: 'Nein, ä' }],
    [errors.badRequest('m'), sdk.BadRequestException, {}],
    [errors.conflict('m', resource), sdk.ConflictException, resource],
    [errors.internal('m', { retryAfterSeconds: 9 }), sdk.InternalServerException, { retryAfterSeconds: 9 }],
    [errors.resourceNotFound('m'), sdk.ResourceNotFoundException, {}],
    [
      errors.serviceQuotaExceeded('m', { resourceId: 'i' }),
      sdk.ServiceQuotaExceededException,
      { resourceId: 'i' },
    ],
    [errors.throttling('m', { retryAfterSeconds: 3 }), sdk.ThrottlingException, { retryAfterSeconds: 3 }],
    [
      errors.validation('m', { fields }),
      sdk.ValidationException,
      { reason: 'FIELD_VALIDATION_FAILED', fields },
    ],
    [errors.validation('m', { reason: 'CANNOT_PARSE' }), sdk.ValidationException, { reason: 'CANNOT_PARSE' }],
  ];
  for (const [thrown, type, members] of cases)
    test(`${thrown.code} ${JSON.stringify(members)}`, async () => {
      toThrow = thrown;
      const caught = await client.send(new sdk.GetConfigurationCommand({})).catch((error: unknown) => error);
      assert.ok(caught instanceof type && caught instanceof sdk.Inspector2ServiceException);
      assert.equal(caught.message, thrown.message);
      for (const [name, value] of Object.entries(members))
        assert.deepEqual((caught as unknown as Record<string, unknown>)[name], value, name);
    });

  test('anything else is an internal error with the request id', async () => {
    toThrow = new Error('secret');
    const caught = await client.send(new sdk.GetConfigurationCommand({})).catch((error: unknown) => error);
    assert.ok(caught instanceof sdk.InternalServerException);
    assert.ok(caught.$metadata.requestId && caught.message.includes(caught.$metadata.requestId));
    assert.ok(!caught.message.includes('secret'));
  });

  test('the SDK tries throttled calls again, and refused ones not', async () => {
    const patient = server.client({ maxAttempts: 2 });
    for (const [thrown, expected] of [
      [errors.throttling('m', { retryAfterSeconds: 0 }), 2],
      [errors.validation('m'), 1],
    ] as const) {
      [toThrow, calls] = [thrown, 0];
      await assert.rejects(patient.send(new sdk.GetConfigurationCommand({})));
      assert.equal(calls, expected, thrown.code);
    }
  });
});

describe('requests that are wrong', () => {
  const severity = { comparison: 'EQUALS', value: 'HIGH' } as const;
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    [
      'bad enum',
      { filterCriteria: { severity: [{ ...severity, comparison: 'LIKE' }] } },
      /severity\.1\.member\.comparison.*enum value set/,
    ],
    ['bad type', { maxResults: '3' }, /'maxResults'.*must be a number/],
    [
      'missing required',
      { sortCriteria: { field: 'SEVERITY' } },
      /'sortCriteria\.sortOrder'.*must not be null/,
    ],
    [
      'over-long list',
      { filterCriteria: { severity: Array(11).fill(severity) } },
      /'filterCriteria\.severity'.*less than or equal to 10/,
    ],
  ];
  for (const [what, input, message] of cases)
    test(what, async () => {
      const command = new sdk.ListFindingsCommand(input as sdk.ListFindingsCommandInput);
      const caught = await client.send(command).catch((error: unknown) => error);
      assert.ok(caught instanceof sdk.ValidationException);
      assert.equal(caught.reason, 'FIELD_VALIDATION_FAILED');
      assert.match(caught.message, message);
      assert.match(caught.fields?.[0]?.message ?? '', message);
    });

  test('a filter that the API does not know', async () => {
    // The SDK leaves out what it does not know, so this one goes by hand.
    const response = await server.send(
      'inspector2',
      'POST',
      '/findings/list',
      '{"filterCriteria":{"colour":[]}}',
    );
    assert.equal(response.status, 400);
    const body = (await response.json()) as { fields: unknown; reason: unknown };
    const message =
      "Value at 'filterCriteria.colour' failed to satisfy constraint: Member is not known to FilterCriteria";
    assert.deepEqual(body.fields, [{ name: 'filterCriteria.colour', message }]);
    assert.equal(body.reason, 'FIELD_VALIDATION_FAILED');
  });

  test('an operation that is not there yet', async () => {
    const caught = await client.send(new sdk.ListConnectorsCommand({})).catch((error: unknown) => error);
    assert.ok(caught instanceof sdk.ValidationException);
    assert.equal(caught.message, 'ListConnectors is not available in this version yet.');
    assert.equal(caught.reason, 'OTHER');
  });

  test('a body over the limit, of its kind of request', async () => {
    const large = 'x'.repeat(2 * 1024 * 1024);
    const response = await server.send('inspector2', 'POST', '/findings/list', `{"nextToken":"${large}"}`);
    assert.equal(response.headers.get('x-amzn-errortype'), 'ValidationException');
    assert.match(await response.text(), /larger than 2097152 bytes/);
    const sbom = await server.send('inspector-scan', 'POST', '/scan/sbom', `{"sbom":"${large}"}`);
    assert.match(await sbom.text(), /ScanSbom is not available/);
  });
});

describe('who calls', () => {
  const refused = async (config: sdk.Inspector2ClientConfig) => {
    const caught = await server
      .client(config)
      .send(new sdk.ListFindingsCommand({}))
      .catch((error: unknown) => error);
    assert.ok(caught instanceof sdk.Inspector2ServiceException);
    assert.equal(caught.$metadata.httpStatusCode, 403);
    return caught.name;
  };

  test('is known by the signature alone', async () => {
    const accessKeyId = 'AKIDEXAMPLE';
    assert.equal(
      await refused({ credentials: { accessKeyId, secretAccessKey: 'x' } }),
      'InvalidSignatureException',
    );
    assert.equal(
      await refused({ credentials: { accessKeyId: 'NOBODY', secretAccessKey: 'x' } }),
      'UnrecognizedClientException',
    );
    const token = { accessKeyId, secretAccessKey: 'wJalrXUtnFEMI', sessionToken: 'x' };
    assert.equal(await refused({ credentials: token }), 'UnrecognizedClientException');
    const plain = await fetch(`${server.endpoint}/findings/list`, { method: 'POST' });
    assert.equal(plain.headers.get('x-amzn-errortype'), 'MissingAuthenticationTokenException');
  });

  test('a client whose clock is wrong sets it by ours', async () => {
    const hour = 3_600_000;
    const late = await startServer(
      { ListFindings: async () => ({}) },
      { options: { now: () => new Date(Date.now() + hour) } },
    );
    const patient = late.client({ maxAttempts: 2 });
    await patient.send(new sdk.ListFindingsCommand({}));
    await late.close();
  });
});

function finding(updatedAt: Date | undefined): Checked<sdk.Finding> {
  return {
    findingArn: 'arn:aws:inspector2:eu-central-1:123456789012:finding/0a',
    awsAccountId: '123456789012',
    type: 'PACKAGE_VULNERABILITY',
    description: 'Überlauf in 漢 😀',
    remediation: { recommendation: { text: 'None Provided' } },
    severity: 'HIGH',
    firstObservedAt: new Date(0),
    lastObservedAt: new Date(1_700_000_000_001),
    status: 'ACTIVE',
    resources: [],
    inspectorScore: 7.5,
    ...(updatedAt && { updatedAt }),
  };
}
