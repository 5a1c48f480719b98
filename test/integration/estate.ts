import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as sdk from '@aws-sdk/client-inspector2';
import type { Checked } from '../../src/api/wire/handlers.ts';
import { debian12, dpkgStanza, tarOf, writeLayout, writeTree } from '../../testkit/images.ts';
import { type RunningService, runService } from '../../testkit/running-service.ts';
import { addCaller, type Caller } from './callers.ts';
import { engines, missingPostgres, openEngine } from './engines.ts';

// One running service with an estate for the tests of groups of operations: a machine, an image and a code project of
// the account that it was set up with, a delegated administrator with that account and another as members, and an
// account by itself.

export type Name = { [K in keyof typeof sdk]: K extends `${infer N}Command` ? N : never }[keyof typeof sdk];
export type Input<N extends Name> = (typeof sdk)[`${N}Command`] extends abstract new (
  ...parameters: never[]
) => sdk.$Command<infer I, infer _Output, infer _Configuration>
  ? Checked<I>
  : never;
// biome-ignore lint/suspicious/noExplicitAny: answers are of every shape, and checked field by field
export type Answer = any;
type AnyCommand = new (input: unknown) => sdk.ListFindingsCommand;
const commands = sdk as unknown as Readonly<Record<string, AnyCommand>>;

export type Put = { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer };

export type Estate = {
  readonly running: RunningService;
  /** Has everything, and is a member. */
  readonly owner: Caller;
  readonly admin: Caller;
  readonly member: Caller;
  readonly lone: Caller;
  readonly place: string;
  /** What the store was given, and the status it answers with. */
  readonly puts: Put[];
  refusal: number;
};

export const hub = '111122223333';
export const denied = /^Invoking account does not have access to/;

const feed = {
  debian: { openssl: { 'CVE-2024-0001': '3.0.11-1' } },
  npm: { lodash: { 'CVE-2024-0101': '4.17.21' } },
};
// What was tried, by operation; printed as a table at the end.
const tried = new Map<string, Set<string>>();

export function note(operation: string, what: string): void {
  tried.set(operation, (tried.get(operation) ?? new Set()).add(what));
}

export async function call<N extends Name>({ client }: Caller, name: N, input: Input<N>): Promise<Answer> {
  const { $metadata, ...answer } = await client.send(new (commands[`${name}Command`] as AnyCommand)(input));
  note(name, 'success');
  return answer;
}

export async function refused<N extends Name>(
  caller: Caller,
  name: N,
  input: Input<N>,
  error: string,
  message: RegExp = /./,
): Promise<void> {
  await assert.rejects(
    call(caller, name, input),
    (thrown: Error) => {
      assert.equal(thrown.name, error, thrown.message);
      assert.match(thrown.message, message);
      return true;
    },
    `${name} ${error}`,
  );
  note(name, error.replace(/Exception$/, ''));
}

/** Reads a list page by page, one entry each, and holds the bounds of `maxResults` and foreign tokens against it. */
export async function pages<N extends Name>(
  caller: Caller,
  name: N,
  input: Input<N>,
  { list, max }: { readonly list: string; readonly max: number },
): Promise<Answer[]> {
  const asked = input as Answer;
  const all: Answer[] = [];
  let nextToken: string | undefined;
  do {
    const page = await call(caller, name, { ...asked, maxResults: 1, nextToken });
    assert.ok(page[list].length <= 1, `${name} gives one entry a page`);
    all.push(...page[list]);
    nextToken = page.nextToken;
    assert.ok(all.length < 1000, `${name} comes to an end`);
  } while (nextToken);
  const whole = await call(caller, name, { ...asked, maxResults: max });
  assert.deepEqual(all, whole[list], `${name}: pages together are the whole list`);
  await refused(caller, name, { ...asked, maxResults: 0 }, 'ValidationException');
  await refused(caller, name, { ...asked, maxResults: max + 1 }, 'ValidationException');
  await refused(caller, name, { ...asked, nextToken: 'AAAA' }, 'ValidationException', /nextToken/);
  note(name, `pages 1..${max}`);
  return all;
}

/** The tests of one group on both engines. `define` is called once for each, before the estate is there. */
export function onEachEngine(
  title: string,
  define: (it: (name: string, run: (estate: Estate) => Promise<void>) => void) => void,
): void {
  for (const engine of engines) {
    describe(`${title} on ${engine}`, () => {
      let opened: Opened | null = null;
      before(async () => {
        opened = await openEstate(engine);
      });
      after(() => opened?.close());
      define((name, run) =>
        test(name, async (context) => {
          if (opened) await run(opened.estate);
          else context.skip(missingPostgres);
        }));
    });
  }
  after(() => {
    for (const [operation, cases] of [...tried].sort())
      console.log(`${operation} | ${[...cases].join(', ')}`);
  });
}

type Opened = { readonly estate: Estate; close(): Promise<void> };

/** `isOrganised` false: nobody administers anybody yet. Null: the engine is not installed here. */
export async function openEstate(
  engine: (typeof engines)[number],
  { isOrganised = true }: { readonly isOrganised?: boolean } = {},
): Promise<Opened | null> {
  const database = await openEngine(engine);
  if (!database) return null;
  const place = mkdtempSync(join(tmpdir(), 'openinspector-estate-'));
  const puts: Put[] = [];
  const store = await startStore(puts, () => estate.refusal);
  mkdirSync(join(place, 'reports', 'my-bucket'), { recursive: true });
  process.env.OPENINSPECTOR_REPORT_DIRECTORY = join(place, 'reports');
  process.env.OPENINSPECTOR_S3_ENDPOINT = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' });
  const running = await runService({ databaseUrl: database.url, feed, watches: furnish(place) });
  const owner: Caller = { accountId: hub, key: running.key, client: running.client };
  const admin = await addCaller(running, '222233334444');
  const member = await addCaller(running, '333344445555', ['EC2', 'ECR', 'LAMBDA', 'CODE_REPOSITORY']);
  const lone = await addCaller(running, '444455556666');
  const estate: Estate = { running, owner, admin, member, lone, place, puts, refusal: 200 };
  if (isOrganised) await organise(estate);
  return {
    estate,
    async close() {
      for (const caller of [admin, member, lone]) caller.client.destroy();
      await running.stop();
      database.stop();
      store.close();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

async function organise({ owner, admin, member }: Estate): Promise<void> {
  await owner.client.send(
    new sdk.EnableDelegatedAdminAccountCommand({ delegatedAdminAccountId: admin.accountId }),
  );
  for (const { accountId } of [owner, member])
    await admin.client.send(new sdk.AssociateMemberCommand({ accountId }));
}

function furnish(place: string): { readonly target: string; readonly location: string }[] {
  writeTree(join(place, 'root'), {
    'etc/os-release': debian12,
    'var/lib/dpkg/status': dpkgStanza('libssl3', '3.0.9-1', { source: 'openssl' }),
  });
  const lodash = JSON.stringify({ name: 'lodash', version: '4.17.20' });
  writeLayout(join(place, 'layout'), [
    { reference: 'shop/app:1', layers: [tarOf({ 'app/node_modules/lodash/package.json': lodash })] },
  ]);
  writeTree(join(place, 'project'), { 'node_modules/lodash/package.json': lodash });
  return [
    { target: 'rootfs', location: join(place, 'root') },
    { target: 'oci-layout', location: join(place, 'layout') },
    { target: 'dir', location: join(place, 'project') },
  ];
}

/** A store that keeps what it is given, or refuses with a status. */
async function startStore(puts: Put[], statusOf: () => number): Promise<Server> {
  const store = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    puts.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) });
    response.writeHead(statusOf()).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => store.once('listening', resolve));
  return store;
}
