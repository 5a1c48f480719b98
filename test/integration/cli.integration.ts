import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import type { Known } from './cli-command.ts';
import { commands } from './cli-commands.ts';
import { sessionToken } from './cli-scan-commands.ts';
import { type Estate, hub, openEstate } from './estate.ts';

// Every command for Inspector of the AWS CLI that is installed here, as one story against one service.

const available = commandsOfCli();
const skip = available.length === 0 ? 'the AWS CLI is not installed here (pip install awscli)' : false;

describe('every command of the AWS CLI', { skip }, () => {
  let opened: Awaited<ReturnType<typeof openEstate>> = null;
  const known: Known = { account: hub, member: '333344445555', token: sessionToken };

  before(async () => {
    if (skip !== false) return;
    opened = await openEstate('embedded', { isOrganised: false });
    if (opened) await learn(opened.estate, known);
  });
  after(() => opened?.close());

  test('is known to this test', () => {
    const names = new Set(commands.map(({ name }) => name));
    assert.deepEqual(
      available.filter((name) => !names.has(name)),
      [],
    );
    assert.ok(available.length > 30);
  });

  for (const { name, args, check, refused } of commands)
    test(name, async (context) => {
      if (!available.includes(name)) return context.skip('this version of the CLI does not have it');
      const { estate } = opened as NonNullable<typeof opened>;
      if (name === 'create-cis-scan-configuration') await tagMachine(estate);
      if (name === 'start-cis-session') known.job = await jobOf(estate);
      const { code, stdout, stderr } = await aws(estate, [name, ...args(known)]);
      if (refused) assert.match(stderr, new RegExp(refused));
      else {
        assert.equal(code, 0, stderr);
        check(stdout.trim() === '' ? {} : JSON.parse(stdout), known);
      }
    });
});

/** Waits for the first scans, so that commands have something to name. */
async function learn({ running }: Estate, known: Known): Promise<void> {
  const { pool } = running.service.database;
  await running.until('three scans', async () => {
    const { rows } = await pool.query(`select 1 from resource where status_reason = 'SUCCESSFUL'`);
    return rows.length === 3;
  });
  const { rows } = await pool.query(
    `select type, id, 'project-' || md5(account_id || ' ' || id)::uuid::text as project from resource`,
  );
  for (const { type, id, project } of rows) {
    if (type === 'AWS_EC2_INSTANCE') known.machine = id;
    if (type === 'AWS_ECR_CONTAINER_IMAGE') known.image = id;
    if (type === 'CODE_REPOSITORY') known.project = project;
  }
}

// As late as that: each discovery brings the tags that the machine has by itself.
async function tagMachine({ running }: Estate): Promise<void> {
  await running.service.database.pool.query(
    `update resource set tags = '{"env":"prod"}' where type = 'AWS_EC2_INSTANCE'`,
  );
}

async function jobOf({ running }: Estate): Promise<string> {
  const { rows } = await running.service.database.pool.query('select job_id from cis_job');
  return rows[0].job_id;
}

function aws(
  { running: { service, key, settings }, place }: Estate,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: place,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_DEFAULT_REGION: settings.region,
    AWS_PAGER: '',
  };
  const all = ['inspector2', ...args, '--endpoint-url', service.address, '--output', 'json'];
  return new Promise((resolve) => {
    execFile('aws', all, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr });
    });
  });
}

/** The commands that the CLI names when it is asked for one that it does not have; none where there is no CLI. */
function commandsOfCli(): readonly string[] {
  const { stdout, stderr } = spawnSync('aws', ['inspector2', 'no-such-command'], { encoding: 'utf8' });
  const [, list = ''] = /valid choices are:(.*)/s.exec(`${stdout ?? ''}${stderr ?? ''}`) ?? [];
  return list
    .split(/[\s|]+/)
    .filter((word) => /^[a-z0-9-]+$/.test(word) && word !== 'help' && word !== 'wait');
}
