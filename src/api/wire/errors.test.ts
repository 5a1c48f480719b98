import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type ApiError,
  accessDenied,
  badRequest,
  conflict,
  internal,
  isApiError,
  resourceNotFound,
  serviceQuotaExceeded,
  throttling,
  unmodelled,
  validation,
} from './errors.ts';
import { errors } from './schema.ts';
import { writeError } from './write.ts';

const made: readonly ApiError[] = [
  validation('m', { fields: [{ name: 'a', message: 'b' }] }),
  accessDenied('m'),
  resourceNotFound('m'),
  conflict('m', { resourceId: 'i', resourceType: 't' }),
  throttling('m', { retryAfterSeconds: 2 }),
  serviceQuotaExceeded('m', { resourceId: 'i' }),
  internal('m', { retryAfterSeconds: 3 }),
  badRequest('m'),
];

describe('the errors of the caller', () => {
  test('there is a factory for every error of the API, and for no other', () => {
    assert.deepEqual(made.map(({ code }) => code).sort(), [...errors.inspector2.keys()].sort());
    for (const name of errors['inspector-scan'].keys()) assert.ok(errors.inspector2.has(name), name);
  });

  test('each has the required members of every service that models it, and no member that none has', () => {
    for (const error of made) {
      const structures = Object.values(errors).flatMap((byName) => byName.get(error.code)?.structure ?? []);
      const members = new Set(['message', ...Object.keys(error.members)]);
      for (const structure of structures)
        for (const member of structure.members.values())
          assert.ok(!member.required || members.has(member.name), `${error.code}.${member.name}`);
      for (const name of members)
        assert.ok(
          structures.some((structure) => structure.members.has(name)),
          `${error.code}.${name}`,
        );
    }
  });

  test('are told from anything else that is thrown', () => {
    for (const error of made) assert.ok(isApiError(error) && error instanceof Error);
    const alike = Object.assign(new Error('m'), { code: 'ValidationException', status: null, members: {} });
    for (const thrown of [alike, null, undefined, 'ValidationException', 3]) assert.ok(!isApiError(thrown));
  });

  test('a validation error says why', () => {
    assert.equal(validation('m').members.reason, 'OTHER');
    assert.equal(validation('m', { reason: 'CANNOT_PARSE' }).members.reason, 'CANNOT_PARSE');
    assert.equal(
      validation('m', { fields: [{ name: 'a', message: 'b' }] }).members.reason,
      'FIELD_VALIDATION_FAILED',
    );
  });
});

describe('errors on the wire', () => {
  test('type, status, members; header members apart', () => {
    const { status, headers, body } = writeError(
      'inspector2',
      throttling('Rate exceeded', { retryAfterSeconds: 2 }),
    );
    assert.equal(status, 429);
    assert.equal(headers['x-amzn-errortype'], 'ThrottlingException');
    assert.equal(headers['retry-after'], '2');
    assert.deepEqual(JSON.parse(body.toString()), { message: 'Rate exceeded' });
  });

  test('the same error has the members of the service that gives it', () => {
    const body = (service: 'inspector2' | 'inspector-scan') =>
      JSON.parse(writeError(service, internal('m')).body.toString());
    assert.deepEqual(body('inspector2'), { message: 'm' });
    assert.deepEqual(body('inspector-scan'), { message: 'm', reason: 'OTHER' });
  });

  test('what no service models keeps its own status', () => {
    const { status, headers } = writeError('inspector2', unmodelled('UnknownOperationException', 404, 'm'));
    assert.deepEqual([status, headers['x-amzn-errortype']], [404, 'UnknownOperationException']);
  });
});
