import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { lockDirectory } from './lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'lock-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const program = `
  import { lockDirectory } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))};
  await lockDirectory(process.argv[1], 'the directory');
  process.stdout.write('locked');
  setInterval(() => {}, 1000);`;

function holder(path: string): Promise<ReturnType<typeof spawn>> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve) => child.stdout?.once('data', () => resolve(child)));
}

describe('the lock on a directory', () => {
  test('refuses a second process and says who holds it', async () => {
    const path = join(folder, 'a.lock');
    const child = await holder(path);
    await assert.rejects(lockDirectory(path, 'the directory'), new RegExp(`in use by process ${child.pid}`));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const lock = await lockDirectory(path, 'the directory');
    await lock.release();
  });

  test('is free again after it was given back', async () => {
    const path = join(folder, 'b.lock');
    await (await lockDirectory(path, 'the directory')).release();
    await (await lockDirectory(path, 'the directory')).release();
  });

  test('of many who find a dead holder, one gets it', async () => {
    const path = join(folder, 'c.lock');
    const child = await holder(path);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const dead = readFileSync(path);
    for (let round = 0; round < 100; round++) {
      writeFileSync(path, dead);
      const tries = await Promise.allSettled(
        [1, 2, 3, 4, 5, 6].map(() => lockDirectory(path, 'the directory')),
      );
      const got = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      assert.equal(got.length, 1, `round ${round}`);
      for (const one of tries)
        if (one.status === 'rejected')
          assert.match(String(one.reason), new RegExp(`in use by process ${process.pid}`));
      await got[0]?.release();
    }
    // Nothing is left beside the lock of the tests above.
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('c.lock')),
      [],
    );
  });

  test('what one left who died while taking over is taken over too', async () => {
    const path = join(folder, 'd.lock');
    const child = await holder(path);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    for (const left of ['d.lock.next', 'd.lock.next.next']) copyFileSync(path, join(folder, left));
    const lock = await lockDirectory(path, 'the directory');
    await assert.rejects(lockDirectory(path, 'the directory'), /in use by process/);
    await lock.release();
  });
});
