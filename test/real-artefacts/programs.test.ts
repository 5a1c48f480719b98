import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { genericProgram } from '../../src/plugins/ecosystems/generic/program.ts';
import { newFolder, run, without } from './tools.ts';

const skip = without('dpkg-query', 'dpkg-deb');
// Packages that are not installed here are fetched where that is asked for, and passed over otherwise.
const mayFetch = process.env.OPENINSPECTOR_TEST_DOWNLOADS === '1' && without('apt-get') === false;
const folder = newFolder('programs');
after(() => rmSync(folder, { recursive: true, force: true }));

// Package of Debian, the program in it, and what it is.
const known = [
  ['openssl', 'usr/bin/openssl', 'openssl/openssl'],
  ['libssl3', 'usr/lib/*/libcrypto.so.3', 'openssl/openssl'],
  ['bash', 'bin/bash', 'gnu/bash'],
  ['perl-base', 'usr/bin/perl', 'perl/perl'],
  ['curl', 'usr/bin/curl', 'curl/curl'],
  ['libcurl4', 'usr/lib/*/libcurl.so.4.8.0', 'curl/libcurl'],
  ['git', 'usr/bin/git', 'git/git'],
  ['libsqlite3-0', 'usr/lib/*/libsqlite3.so.0.8.6', 'sqlite/sqlite'],
  ['python3.11-minimal', 'usr/bin/python3.11', 'python/python'],
  ['openssh-client', 'usr/bin/ssh', 'openbsd/openssh'],
  ['busybox', 'bin/busybox', 'busybox/busybox'],
  ['memcached', 'usr/bin/memcached', 'memcached/memcached'],
  ['redis-tools', 'usr/bin/redis-check-rdb', 'redis/redis'],
  ['lighttpd', 'usr/sbin/lighttpd', 'lighttpd/lighttpd'],
  ['haproxy', 'usr/sbin/haproxy', 'haproxy/haproxy'],
  ['nginx', 'usr/sbin/nginx', 'nginx/nginx'],
  ['apache2-bin', 'usr/sbin/apache2', 'apache/httpd'],
  ['php8.2-cli', 'usr/bin/php8.2', 'php/php'],
  ['postgresql-15', 'usr/lib/postgresql/15/bin/postgres', 'postgresql/postgresql'],
  ['mariadb-server-core', 'usr/sbin/mariadbd', 'mariadb/mariadb'],
  ['libruby3.1', 'usr/lib/*/libruby-3.1.so.3.1.2', 'ruby/ruby'],
  ['zsh', 'bin/zsh', 'zsh/zsh'],
  ['dnsmasq-base', 'usr/sbin/dnsmasq', 'dnsmasq/dnsmasq'],
  ['varnish', 'usr/sbin/varnishd', 'varnish/varnish'],
  ['liblua5.4-0', 'usr/lib/*/liblua5.4.so.0.0.0', 'lua/lua'],
] as const;

type Found = { readonly file: string; readonly version: string };

function installed(name: string, program: string): Found | null {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the tool's own form of a field
  const form = '${db:Status-Status} ${Version}';
  let told: string;
  try {
    told = run('dpkg-query', ['-W', '-f', form, name]);
  } catch {
    // It is not known to dpkg here.
    return null;
  }
  const [state, version = ''] = told.split(' ');
  const file = state === 'installed' ? locate('/', program) : null;
  return file === null ? null : { file, version };
}

function fetched(name: string, program: string): Found | null {
  if (!mayFetch) return null;
  const place = newFolder(`programs-${name}`);
  try {
    run('apt-get', ['download', '-qq', name], { cwd: place });
    const archive = join(place, readdirSync(place)[0] ?? '');
    const root = join(folder, name);
    run('dpkg-deb', ['-x', archive, root]);
    const file = locate(root, program);
    return file === null ? null : { file, version: run('dpkg-deb', ['-f', archive, 'Version']).trim() };
  } catch {
    // Another release of Debian, or no network.
    return null;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

// The star stands for the folder of the architecture.
function locate(root: string, program: string): string | null {
  const [front = '', back] = program.split('*');
  if (back === undefined) return existsSync(join(root, program)) ? join(root, program) : null;
  if (!existsSync(join(root, front))) return null;
  const folders = readdirSync(join(root, front)).map((name) => join(root, front, name, back));
  return folders.find((file) => existsSync(file)) ?? null;
}

// `5:7.0.15-1~deb12u10` is 7.0.15 of its makers, and `3.1.7+really3.1.2-0` is 3.1.2.
function upstream(version: string): string {
  const plain = version.replace(/^\d+:/, '').replace(/-[^-]*$/, '');
  return plain.replace(/^.*\+really/, '').replace(/[+~](?:dfsg|ds|repack).*$/, '');
}

describe('programs that a distribution built', { skip }, () => {
  for (const [name, program, what] of skip ? [] : known) {
    const found = installed(name, program) ?? fetched(name, program);
    const reason = found === null ? `${name} is not installed here` : false;
    test(`${what} of ${name}`, { skip: reason }, () => {
      assert.ok(found);
      const path = program.replace('*', 'x86_64-linux-gnu');
      assert.ok(genericProgram.wants(path), path);
      const bytes = readFileSync(realpathSync(found.file));
      const { packages, problems } = genericProgram.extract({
        path,
        bytes,
        companions: new Map(),
        os: null,
      });
      assert.deepEqual(problems, []);
      assert.equal(packages[0]?.name, what);
      assert.equal(packages[0]?.version, upstream(found.version), found.version);
    });
  }
});
