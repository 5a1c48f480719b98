import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { type Embedded, startEmbedded } from './embedded.ts';

describe('one session shared by several clients', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wire-server-'));
  let embedded: Embedded;
  let pool: pg.Pool;

  before(async () => {
    embedded = await startEmbedded(folder);
    pool = new pg.Pool({ ...embedded.connection, max: 6 });
    await pool.query('create table t (id int primary key, who int not null, text text)');
  });
  after(async () => {
    await pool.end();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('no statement comes between the parse and the execute of another, however large they are', async () => {
    const long = 'x'.repeat(200_000);
    const asks = Array.from({ length: 300 }, async (_, index) => {
      // Different numbers of parameters, so that a mixed-up statement cannot pass unseen.
      if (index % 3 === 0) {
        const { rows } = await pool.query('select $1::int as a, $2::text as b, length($3::text) as c', [
          index,
          `text ${index}`,
          long,
        ]);
        assert.deepEqual(rows, [{ a: index, b: `text ${index}`, c: long.length }]);
      } else if (index % 3 === 1) {
        const { rows } = await pool.query('select $1::int + 1 as a', [index]);
        assert.deepEqual(rows, [{ a: index + 1 }]);
      } else {
        const { rows } = await pool.query(`select ${index} as a`);
        assert.deepEqual(rows, [{ a: index }]);
      }
    });
    await Promise.all(asks);
  });

  test('an open transaction has the session to itself, and the others wait', async () => {
    await pool.query('truncate t');
    const writer = await pool.connect();
    await writer.query('begin');
    await writer.query('insert into t values (1, 1)');
    const other = pool.query('select count(*)::int as n from t');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await writer.query('insert into t values (2, 1)');
    await writer.query('commit');
    writer.release();
    assert.deepEqual((await other).rows, [{ n: 2 }]);
    const transfers = Array.from({ length: 40 }, async (_, index) => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        await client.query('update t set who = who + 1 where id = $1', [1 + (index % 2)]);
        await client.query(index % 4 === 0 ? 'rollback' : 'commit');
      } finally {
        client.release();
      }
    });
    await Promise.all(transfers);
    assert.deepEqual((await pool.query('select sum(who)::int as n from t')).rows, [{ n: 32 }]);
  });

  test('a failed statement fails alone; a client that dies in its transaction rolls back', async () => {
    await pool.query('truncate t');
    await assert.rejects(pool.query('select nothing from nowhere'), /nowhere/);
    await assert.rejects(pool.query('insert into t values ($1, $2)', [1, null]), /null value/);
    assert.deepEqual((await pool.query('select 1 as a')).rows, [{ a: 1 }]);
    const dying = new pg.Client(embedded.connection);
    await dying.connect();
    dying.on('error', () => {});
    await dying.query('begin');
    await dying.query('insert into t values (9, 9)');
    (dying as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    assert.deepEqual((await pool.query('select count(*)::int as n from t')).rows, [{ n: 0 }]);
  });
});
