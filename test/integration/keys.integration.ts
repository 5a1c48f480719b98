import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  AccessDeniedException,
  CreateFilterCommand,
  ListFiltersCommand,
  ListFindingsCommand,
} from '@aws-sdk/client-inspector2';
import { signableUrl, signRequest } from '../../src/lib/sigv4-client.ts';
import type { NewAccessKey } from '../../src/store/access-keys.ts';
import { clientOf, type RunningService, runService } from '../../testkit/running-service.ts';
import { engines, missingPostgres, openEngine } from './engines.ts';

const filter = {
  action: 'NONE' as const,
  filterCriteria: { title: [{ comparison: 'PREFIX' as const, value: 'x' }] },
};

for (const engine of engines) {
  describe(`access keys on ${engine}`, () => {
    let running: RunningService;
    let database: Awaited<ReturnType<typeof openEngine>> = null;
    before(async (context) => {
      database = await openEngine(engine);
      if (database === null) return (context as unknown as { skip(why: string): void }).skip(missingPostgres);
      const feed = { debian: { zlib: { 'CVE-2024-0001': '2.0' } }, npm: {} };
      running = await runService({ databaseUrl: database.url, feed });
    });
    after(async () => {
      await running?.stop();
      database?.stop();
    });

    async function call(key: NewAccessKey, method: string, path: string, body?: object) {
      const url = signableUrl(path, running.service.address);
      const text = body === undefined ? '' : JSON.stringify(body);
      const signing = { ...key, region: running.settings.region, service: 'inspector2' };
      const response = await fetch(url, {
        method,
        headers: {
          ...signRequest({ method, url, body: text }, signing, new Date()),
          ...(text ? { 'content-type': 'application/json' } : {}),
        },
        ...(text ? { body: text } : {}),
      });
      return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
    }

    const make = async (role: string, accountId = running.settings.account) => {
      const { status, answer } = await call(running.key, 'POST', '/openinspector/v1/keys', {
        accountId,
        userName: `a-${role}`,
        role,
      });
      assert.equal(status, 201, JSON.stringify(answer));
      return answer as unknown as NewAccessKey;
    };
    const clientFor = (key: NewAccessKey) => clientOf(running.service.address, key, running.settings.region);

    test('each role may do what it says', async () => {
      const made = {
        operator: await make('operator'),
        reader: await make('read-only'),
        auditor: await make('auditor'),
      };
      await clientFor(made.operator).send(new CreateFilterCommand({ ...filter, name: 'by-the-operator' }));
      for (const key of [made.reader, made.auditor]) {
        const { filters } = await clientFor(key).send(new ListFiltersCommand({}));
        assert.deepEqual(
          filters?.map(({ name }) => name),
          ['by-the-operator'],
        );
        await assert.rejects(
          clientFor(key).send(new CreateFilterCommand({ ...filter, name: 'refused' })),
          (error) => error instanceof AccessDeniedException && /inspector2:CreateFilter/.test(error.message),
        );
        const added = await call(key, 'POST', '/openinspector/v1/watches', {
          target: 'host',
          location: 'host',
        });
        assert.equal(added.status, 403);
      }
      const statuses = async (key: NewAccessKey) => [
        (await call(key, 'GET', '/openinspector/v1/audit')).status,
        (await call(key, 'GET', '/openinspector/v1/keys')).status,
      ];
      assert.deepEqual(await statuses(running.key), [200, 200]);
      assert.deepEqual(await statuses(made.operator), [403, 403]);
      assert.deepEqual(await statuses(made.reader), [403, 403]);
      assert.deepEqual(await statuses(made.auditor), [200, 403]);
    });

    test('a key of another account sees that account only', async () => {
      const key = await make('operator', '999988887777');
      const { filters } = await clientFor(key).send(new ListFiltersCommand({}));
      assert.deepEqual(filters, []);
      assert.deepEqual((await clientFor(key).send(new ListFindingsCommand({}))).findings, []);
    });

    test('what is made is listed and noted without its secret', async () => {
      const made = await make('read-only');
      const secret = made.secretAccessKey;
      const keys = await call(running.key, 'GET', '/openinspector/v1/keys');
      const audit = await call(running.key, 'GET', '/openinspector/v1/audit');
      for (const { answer } of [keys, audit]) {
        assert.ok(JSON.stringify(answer).includes(made.accessKeyId));
        assert.ok(!JSON.stringify(answer).includes(secret));
      }
    });

    test('a body that is wrong says what it should be', async () => {
      for (const body of [
        {},
        { accountId: '1', userName: 'x', role: 'operator' },
        { accountId: '111122223333', userName: 'x', role: 'root' },
      ]) {
        const { status, answer } = await call(running.key, 'POST', '/openinspector/v1/keys', body);
        assert.equal(status, 400);
        assert.match(
          String(answer.message),
          /accountId \(12 digits\), userName .* role \(administrator, operator/,
        );
      }
    });

    test('a disabled key is refused, and the last administrator stays', async () => {
      const key = await make('operator');
      await clientFor(key).send(new ListFiltersCommand({}));
      const path = (id: string) => `/openinspector/v1/keys/${id}`;
      assert.equal((await call(running.key, 'DELETE', path(key.accessKeyId))).status, 200);
      await assert.rejects(
        clientFor(key).send(new ListFiltersCommand({})),
        /UnrecognizedClient|InvalidClientTokenId|security token/,
      );
      assert.equal((await call(running.key, 'DELETE', path('AKIAUNKNOWN'))).status, 404);
      assert.equal((await call(running.key, 'DELETE', path(running.key.accessKeyId))).status, 409);
      const second = await make('administrator');
      assert.equal((await call(second, 'DELETE', path(running.key.accessKeyId))).status, 200);
      assert.equal((await call(second, 'DELETE', path(second.accessKeyId))).status, 409);
    });
  });
}
