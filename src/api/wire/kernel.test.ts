import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { accessDenied } from './errors.ts';
import type { Handlers } from './handlers.ts';
import type { WireRequest, WireResponse } from './http.ts';
import { createKernel, type KernelOptions } from './kernel.ts';

type Context = { readonly who: string; readonly operation: string };
type Logged = { readonly level: string; readonly fields: Readonly<Record<string, unknown>> };

const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

describe('the kernel', () => {
  test('gives the handler its input and context, and writes what it gives back', async () => {
    const { ask } = kernelWith({
      ListMembers: async ({ maxResults }, { who, operation }) => ({
        nextToken: `${who} ${operation} ${maxResults}`,
      }),
    });
    const response = await ask('POST', '/members/list', '{"maxResults":7}');
    assert.equal(response.status, 200);
    assert.deepEqual(json(response), { nextToken: 'me inspector2 ListMembers 7' });
  });

  test('every answer has a request id and the date of our clock', async () => {
    const { ask, logged } = kernelWith({});
    for (const response of [await ask('POST', '/enable', ''), await ask('GET', '/nowhere', '')]) {
      assert.match(response.headers['x-amzn-requestid'] ?? '', /^[0-9a-f-]{36}$/);
      assert.equal(response.headers.date, 'Tue, 03 Feb 2026 04:05:06 GMT');
    }
    assert.notEqual(logged[0]?.fields.requestId, logged[1]?.fields.requestId);
  });

  test('an operation without a handler says so in a way that clients do not retry', async () => {
    const { ask } = kernelWith({});
    const response = await ask('POST', '/members/get', '{"accountId":"123456789012"}');
    assertError(response, 400, 'ValidationException', /^GetMember is not available in this version yet\.$/);
  });

  test('what is not a route is no operation', async () => {
    const { ask } = kernelWith({});
    assertError(await ask('POST', '/nowhere', ''), 404, 'UnknownOperationException', /not known/);
    assertError(await ask('POST', '/', ''), 404, 'UnknownOperationException', /not known/);
  });

  test('a stranger learns nothing but that he is one', async () => {
    const refusal = { ok: false, code: 'InvalidSignatureException', message: 'no', status: 403 } as const;
    const { ask } = kernelWith({}, { authenticate: async () => refusal });
    assertError(await ask('POST', '/enable', 'not json'), 403, 'InvalidSignatureException', /^no$/);
  });

  test('the signature must be for the service of the operation', async () => {
    const services: string[] = [];
    const { ask, caller } = kernelWith(
      {},
      {
        authenticate: async (_request, service) => {
          services.push(service);
          return caller;
        },
      },
    );
    await ask('POST', '/enable', '');
    await ask('POST', '/scan/sbom', '');
    await ask('POST', '/', 'Action=GetCallerIdentity', form);
    assert.deepEqual(services, ['inspector2', 'inspector-scan', 'sts']);
  });

  test('a context may refuse', async () => {
    const { ask } = kernelWith(
      { ListMembers: async () => ({}) },
      {
        contextOf: () => {
          throw accessDenied('not you');
        },
      },
    );
    assertError(await ask('POST', '/members/list', ''), 403, 'AccessDeniedException', /^not you$/);
  });

  test('a caller who asks too often is told when to come back', async () => {
    const { ask } = kernelWith({}, { throttle: () => 4 });
    const response = await ask('POST', '/members/list', '');
    assertError(response, 429, 'ThrottlingException', /Rate exceeded/);
    assert.equal(response.headers['retry-after'], '4');
  });

  test('a wrong input does not reach the handler', async () => {
    let calls = 0;
    const { ask } = kernelWith({
      ListMembers: async () => {
        calls += 1;
        return {};
      },
    });
    assertError(
      await ask('POST', '/members/list', '{"maxResults":0}'),
      400,
      'ValidationException',
      /maxResults/,
    );
    assert.equal(calls, 0);
  });

  test('a mistake of ours is told by a request id, and logged without what the caller sent', async () => {
    const { ask, logged } = kernelWith({
      ListMembers: async () => {
        throw new TypeError('x is undefined');
      },
      GetConfiguration: async () => JSON.parse('null'),
      ListFilters: async () => ({ filters: JSON.parse('[{"createdAt":"now"}]') }),
    });
    const headers = { authorization: 'AWS4-HMAC-SHA256 s3cr3t', 'x-amz-security-token': 's3cr3t' };
    for (const path of ['/members/list', '/configuration/get', '/filters/list']) {
      const response = await ask(
        'POST',
        path,
        '{"nextToken":"s3cr3t"}'.slice(0, path === '/configuration/get' ? 0 : 99),
        headers,
      );
      const id = response.headers['x-amzn-requestid'] ?? '?';
      assertError(response, 500, 'InternalServerException', new RegExp(`The request id is ${id}\\.$`));
    }
    const errors = logged.filter(({ level }) => level === 'error');
    assert.equal(errors.length, 3);
    assert.equal(errors[0]?.fields.reason, 'TypeError: x is undefined');
    assert.ok(!JSON.stringify(logged).includes('s3cr3t'));
  });

  test('a body over the limit is refused before anything else; an SBOM may be larger', async () => {
    const { ask, kernel } = kernelWith(
      { ScanSbom: async ({ sbom }) => ({ sbom }) },
      { bodyBytesMax: 100, sbomBytesMax: 200 },
    );
    const body = `{"sbom":"${'x'.repeat(140)}"}`;
    assertError(
      await ask('POST', '/members/list', body),
      400,
      'ValidationException',
      /larger than 100 bytes/,
    );
    assert.equal((await ask('POST', '/scan/sbom', body)).status, 200);
    assertError(
      await ask('POST', '/scan/sbom', body + body),
      400,
      'ValidationException',
      /larger than 200 bytes/,
    );
    assert.deepEqual(
      [kernel.bodyBytesMaxOf('POST', '/'), kernel.bodyBytesMaxOf('POST', '/scan/sbom')],
      [100, 200],
    );
  });

  test('any request at all is an answer', async () => {
    const { kernel } = kernelWith({});
    const requests = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'x'),
      rawPath: fc.oneof(fc.constantFrom('/', '/enable', '/tags/a'), fc.string({ unit: 'binary' })),
      rawQuery: fc.string({ unit: 'binary' }),
      headers: fc.constantFrom({}, form),
      body: fc
        .oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constant('Action=x'))
        .map((text) => Buffer.from(text)),
      remoteAddress: fc.constant(null),
    });
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const { status } = await kernel.handle(request);
        assert.ok(status >= 200 && status < 500, String(status));
      }),
      { numRuns: 500 },
    );
  });
});

describe('STS', () => {
  test('tells a caller who he is', async () => {
    const { ask } = kernelWith({});
    const response = await ask('POST', '/', 'Action=GetCallerIdentity&Version=2011-06-15', form);
    assert.deepEqual([response.status, response.headers['content-type']], [200, 'text/xml']);
    const id = response.headers['x-amzn-requestid'];
    assert.equal(
      response.body.toString(),
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' +
        '<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/a&amp;&lt;b&gt;</Arn><UserId>me</UserId>' +
        '<Account>123456789012</Account></GetCallerIdentityResult>' +
        `<ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
    );
  });

  test('takes a GET with the action in the address too', async () => {
    const { ask } = kernelWith({});
    assert.equal((await ask('GET', '/', '', {}, 'Action=GetCallerIdentity')).status, 200);
    assertError(await ask('GET', '/', '', {}, ''), 404, 'UnknownOperationException', /not known/);
  });

  test('has words of its own for errors', async () => {
    const codes = [
      ['InvalidSignatureException', 'SignatureDoesNotMatch'],
      ['UnrecognizedClientException', 'InvalidClientTokenId'],
      ['MissingAuthenticationTokenException', 'MissingAuthenticationToken'],
      ['IncompleteSignatureException', 'IncompleteSignature'],
      ['ExpiredTokenException', 'ExpiredToken'],
    ] as const;
    for (const [code, expected] of codes) {
      const authenticate = async () => ({ ok: false, code, message: 'a<b\0', status: 403 }) as const;
      const response = await kernelWith({}, { authenticate }).ask(
        'POST',
        '/',
        'Action=GetCallerIdentity',
        form,
      );
      assert.equal(response.status, 403);
      const { body } = response;
      assert.ok(
        body.includes(`<Type>Sender</Type><Code>${expected}</Code><Message>a&lt;b\ufffd</Message>`),
        `${body}`,
      );
    }
  });

  test('knows no other action, and keeps mistakes of ours to itself', async () => {
    const { ask } = kernelWith(
      {},
      {
        callerIdentity: () => {
          throw new Error('database at 10.0.0.1');
        },
      },
    );
    const unknown = await ask('POST', '/', 'Action=AssumeRole', form);
    assert.equal(unknown.status, 400);
    assert.match(unknown.body.toString(), /<Code>InvalidAction<\/Code>/);
    const failed = await ask('POST', '/', 'Action=GetCallerIdentity', form);
    assert.equal(failed.status, 500);
    assert.match(failed.body.toString(), /<Type>Receiver<\/Type><Code>InternalFailure<\/Code>/);
    assert.ok(!failed.body.includes('10.0.0.1'));
  });
});

function kernelWith(handlers: Handlers<Context>, options: Partial<KernelOptions<Context, string>> = {}) {
  const logged: Logged[] = [];
  const log = (level: string) => (fields: object) => {
    logged.push({ level, fields: { ...fields } });
  };
  const caller = {
    ok: true,
    accessKeyId: 'AKIDEXAMPLE',
    region: 'eu-central-1',
    service: 'inspector2',
    principal: 'me',
  } as const;
  const kernel = createKernel<Context, string>({
    handlers,
    authenticate: async () => caller,
    contextOf: ({ principal }, { service, operation }) => ({
      who: principal,
      operation: `${service} ${operation}`,
    }),
    callerIdentity: ({ who }) => ({
      account: '123456789012',
      arn: 'arn:aws:iam::123456789012:user/a&<b>',
      userId: who,
    }),
    log: { info: log('info'), error: log('error') },
    now: () => new Date('2026-02-03T04:05:06Z'),
    ...options,
  });
  const ask = (
    method: string,
    rawPath: string,
    body: string,
    headers: WireRequest['headers'] = {},
    rawQuery = '',
  ) => kernel.handle({ method, rawPath, rawQuery, headers, body: Buffer.from(body), remoteAddress: null });
  return { kernel, ask, logged, caller };
}

function assertError(response: WireResponse, status: number, code: string, message: RegExp): void {
  assert.deepEqual([response.status, response.headers['x-amzn-errortype']], [status, code]);
  assert.match(json(response).message, message);
}

function json({ body }: WireResponse) {
  return JSON.parse(body.toString());
}
