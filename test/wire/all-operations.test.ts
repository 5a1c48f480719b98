import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as sdk from '@aws-sdk/client-inspector2';
import type { Handlers } from '../../src/api/wire/handlers.ts';
import { type Operation, operations } from '../../src/api/wire/schema.ts';
import { type Sample, type Sampling, sampleOf, variantsOf } from './sample.ts';
import { type Context, type Server, startServer } from './server.ts';

// Each operation with the real SDK client over HTTP: what the client sends is what the handler gets, and what the
// handler gives is what the client gets. Values come from the schemas, so a new operation needs no new test.

type AnyCommand = new (input: Sample) => sdk.ListFindingsCommand;
type Exchange = { input: Sample; readonly output: Sample };

const inspector2 = operations.filter(({ service }) => service === 'inspector2');
const commands = sdk as unknown as Readonly<Record<string, AnyCommand>>;
let current: Exchange = { input: {}, output: {} };
let server: Server;
let client: sdk.Inspector2Client;

before(async () => {
  const handlers: Record<string, unknown> = {};
  for (const { name } of operations)
    handlers[name] = async (input: Sample) => {
      current.input = input;
      return current.output;
    };
  server = await startServer(handlers as Handlers<Context>);
  client = server.client();
});
after(() => server.close());

describe('every operation, through the SDK and back', () => {
  for (const operation of inspector2)
    test(operation.name, async () => {
      const variants = Math.max(variantsOf(operation.input), variantsOf(operation.output));
      await exchange(operation, { members: 'required', variant: 0 });
      for (let variant = 0; variant < variants; variant++)
        await exchange(operation, { members: 'all', variant });
    });

  test('there are 81', () => assert.equal(inspector2.length, 81));
});

test('ScanSbom, signed by hand', async () => {
  current = { input: {}, output: { sbom: { vulnerabilities: [{ id: 'CVE-2024-3094' }] } } };
  const body = JSON.stringify({ sbom: { components: [null, 'ä'] }, outputFormat: 'INSPECTOR' });
  const response = await server.send('inspector-scan', 'POST', '/scan/sbom', body);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), current.output);
  assert.deepEqual(current.input, JSON.parse(body));
});

async function exchange(operation: Operation, sampling: Sampling): Promise<void> {
  const input = sampleOf(operation.input, sampling);
  const output = sampleOf(operation.output, sampling);
  current = { input: {}, output };
  const Command = commands[`${operation.name}Command`];
  assert.ok(Command, operation.name);
  const { $metadata, ...answer } = await client.send(new Command(input));
  assert.equal($metadata.httpStatusCode, operation.status);
  assert.match($metadata.requestId ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual(answer, output);
  // The client makes an idempotency token where there is none.
  const { clientToken, ...received } = current.input;
  assert.deepEqual('clientToken' in input ? { clientToken, ...received } : received, input);
}
