import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultLimits } from '../../../lib/limits.ts';
import type { Inventory } from '../../../model/inventory.ts';
import { readLayer } from '../layer.ts';
import { openLayerCache } from '../layer-cache.ts';
import { mergeReadings } from '../merge.ts';
import { readTree } from '../tree.ts';
import { stillStands } from '../tree-witness.ts';

const folder = mkdtempSync(join(tmpdir(), 'facts-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const container = { isContainer: true, runningKernel: null, layers: [] };
let made = 0;

type Entry = {
  readonly text?: string;
  readonly link?: string;
  readonly hardLink?: string;
  readonly folder?: true;
  readonly mode?: number;
  readonly uid?: number;
};

/** A tar with modes and owners. */
function layerOf(entries: Readonly<Record<string, Entry>>): Buffer {
  const blocks = Object.entries(entries).flatMap(([name, entry]) => {
    const { text = '', link, hardLink, folder: isFolder, mode = isFolder ? 0o755 : 0o644, uid = 0 } = entry;
    const content = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
    header.write(`${uid.toString(8).padStart(7, '0')}\0`, 108);
    header.write('0000052\0', 116);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write(isFolder ? '5' : link !== undefined ? '2' : hardLink !== undefined ? '1' : '0', 156);
    header.write(link ?? hardLink ?? '', 157);
    header.write('ustar\u000000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** What a layer gives, after it was kept and read again. */
async function readKept(path: string, sizeBytes: number) {
  const cache = openLayerCache(join(folder, 'cache'));
  const blob = { path, offsetBytes: 0, sizeBytes, digest: null, diffId: null };
  await cache.put(blob, await readLayer(blob, defaultLimits, () => {}));
  const reading = await cache.get(blob);
  assert.ok(reading);
  return reading;
}

async function imageOf(...layers: readonly Readonly<Record<string, Entry>>[]): Promise<Inventory> {
  const stack = [];
  for (const entries of layers) {
    const bytes = layerOf(entries);
    const path = join(folder, `layer-${made++}.tar`);
    writeFileSync(path, bytes);
    stack.push({ reading: await readKept(path, bytes.length), layer: `layer ${stack.length}` });
  }
  return mergeReadings(stack, container, []);
}

function treeOf(entries: Readonly<Record<string, Entry>>, installedOnly = true): Inventory {
  const root = join(folder, `tree-${made++}`);
  mkdirSync(root);
  for (const [name, { text = '', link, folder: isFolder, mode }] of Object.entries(entries)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (isFolder) mkdirSync(path, { recursive: true });
    else if (link !== undefined) symlinkSync(link, path);
    else writeFileSync(path, text);
    if (mode !== undefined && link === undefined) chmodSync(path, mode);
  }
  const reading = readTree(root, { paths: ['proc'], names: [], installedOnly }, defaultLimits, () => {});
  return mergeReadings([{ reading, layer: null }], container, []);
}

const hash = '$y$j9T$notTheHashOfAnybody$0123456789abcdef';
const system: Readonly<Record<string, Entry>> = {
  'etc/passwd': {
    text: [
      'root:x:0:0:root:/root:/bin/bash',
      'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
      'toor::0:0::/root:',
      'guest:x:1000:1000:,,,:/home/guest:/bin/sh',
      `old:${hash}:1001:100::/:/bin/sh`,
      'gone:x:1002:100::/:/bin/sh',
    ].join('\n'),
  },
  'etc/shadow': { text: `root:${hash}:19000::::::\ndaemon:*:19000::::::\nguest::19000::::::\n`, mode: 0o640 },
  'etc/group': { text: 'root:x:0:\nsudo:x:27:guest,old\n' },
  'usr/lib/systemd/system/ssh.service': {
    text: '[Unit]\nDescription=x\n[Service]\nExecStart=-/usr/sbin/sshd -D \\\n  $OPTS\nUser=sshd\n[Install]\nWantedBy=multi-user.target\n',
  },
  'usr/lib/systemd/system/ssh.socket': { text: '[Socket]\nListenStream=22\nListenStream=/run/x.sock\n' },
  'etc/systemd/system/ssh.socket.d/listen.conf': {
    text: '[Socket]\nListenStream=\nListenStream=[::1]:2222\nListenDatagram=514\n',
  },
  'usr/lib/systemd/system/getty@.service': { text: '[Service]\nExecStart=/sbin/agetty\n' },
  'usr/lib/systemd/system/idle.service': { text: '[Service]\nExecStart=/usr/bin/idle\n' },
  'usr/lib/systemd/system/noisy.service': { text: '[Service]\nExecStart=/usr/bin/noisy\n' },
  'usr/lib/systemd/system/sysinit.target.wants/noisy.service': { link: '../noisy.service' },
  'etc/systemd/system/noisy.service': { link: '/dev/null' },
  'etc/systemd/system/multi-user.target.wants/ssh.service': { link: '/usr/lib/systemd/system/ssh.service' },
  'etc/systemd/system/sockets.target.wants/ssh.socket': { link: '/usr/lib/systemd/system/ssh.socket' },
  'etc/systemd/system/getty.target.wants/getty@tty1.service': {
    link: '/usr/lib/systemd/system/getty@.service',
  },
  'etc/systemd/system/multi-user.target.requires/lost.service': {
    link: '/usr/lib/systemd/system/lost.service',
  },
  'etc/inetd.conf': {
    text: '# comment\ntelnet stream tcp nowait root.wheel /usr/sbin/tcpd in.telnetd\n127.0.0.1:8023 stream tcp nowait nobody internal\n',
  },
  'etc/xinetd.d/tftp': {
    text: 'service tftp\n{\n socket_type = dgram\n protocol = udp\n server = /usr/sbin/in.tftpd\n user = nobody\n disable = no\n}\n',
  },
  'etc/xinetd.d/echo': { text: 'service echo\n{\n socket_type = stream\n disable = yes\n}\n' },
};

const services = [
  ['getty@tty1.service', 'usr/lib/systemd/system/getty@.service', '/sbin/agetty', null, []],
  ['lost.service', null, null, null, []],
  ['ssh.service', 'usr/lib/systemd/system/ssh.service', '/usr/sbin/sshd', 'sshd', []],
  [
    'ssh.socket',
    'usr/lib/systemd/system/ssh.socket',
    null,
    null,
    [
      { protocol: 'tcp', address: '::1', port: 2222 },
      { protocol: 'udp', address: null, port: 514 },
    ],
  ],
  ['telnet', 'etc/inetd.conf', '/usr/sbin/tcpd', 'root', [{ protocol: 'tcp', address: null, port: 23 }]],
  ['8023', 'etc/inetd.conf', null, 'nobody', [{ protocol: 'tcp', address: '127.0.0.1', port: 8023 }]],
  [
    'tftp',
    'etc/xinetd.d/tftp',
    '/usr/sbin/in.tftpd',
    'nobody',
    [{ protocol: 'udp', address: null, port: 69 }],
  ],
];

const passwords = [
  ['root', 'set'],
  ['daemon', 'locked'],
  ['toor', 'empty'],
  ['guest', 'empty'],
  ['old', 'set'],
  ['gone', 'unknown'],
];

function checkSystem({ facts, problems }: Inventory): void {
  assert.deepEqual(problems, []);
  assert.deepEqual(
    facts.services?.map(({ name, definedIn, program, user, listens }) => [
      name,
      definedIn,
      program,
      user,
      listens,
    ]),
    services,
  );
  assert.deepEqual(
    facts.users?.map(({ name, password }) => [name, password]),
    passwords,
  );
  assert.deepEqual(facts.users?.[1], {
    name: 'daemon',
    uid: 1,
    gid: 1,
    home: '/usr/sbin',
    shell: '/usr/sbin/nologin',
    password: 'locked',
  });
  assert.deepEqual(facts.groups?.[1], { name: 'sudo', gid: 27, members: ['guest', 'old'] });
  assert.ok(!JSON.stringify(facts).includes(hash), 'no hash is kept');
}

const paths = ({ facts }: Inventory) => facts.files?.map(({ path, why }) => `${path} ${why.join('+')}`);

describe('facts of the configuration', () => {
  test('of a tree', () => checkSystem(treeOf(system)));

  test('of an image, however they are spread over its layers', async () => {
    checkSystem(await imageOf(system));
    const entries = Object.entries(system);
    checkSystem(await imageOf(...entries.map((entry) => Object.fromEntries([entry]))));
  });

  test('of a source directory are not asked for', () => {
    const { facts } = treeOf(system, false);
    assert.deepEqual(Object.keys(facts).sort(), ['isContainer', 'layers', 'runningKernel']);
  });

  test('lines that are no entries, and files that are too large, are problems', () => {
    const { problems, facts } = treeOf({
      'etc/passwd': { text: 'root:x:0:0::/:/bin/sh\nnonsense\nbad:x:-1:0::/:/bin/sh\n+::::::\n' },
      'etc/group': { text: 'a'.repeat(5 * 2 ** 20) },
    });
    assert.equal(facts.users?.length, 1);
    assert.deepEqual(
      problems.map(({ kind, where }) => `${kind} ${where}`),
      ['limit etc/group', 'malformed etc/passwd'],
    );
  });
});

describe('files whose mode matters', () => {
  const files: Readonly<Record<string, Entry>> = {
    'usr/bin/su': { mode: 0o4755 },
    'usr/bin/wall': { mode: 0o2755 },
    'var/mandatory-lock': { mode: 0o2644 },
    'srv/open': { mode: 0o666 },
    'srv/drop': { folder: true, mode: 0o777 },
    tmp: { folder: true, mode: 0o1777 },
    'etc/ssh/ssh_host_rsa_key': { mode: 0o600 },
    'etc/ssh/ssh_host_rsa_key.pub': { mode: 0o644 },
    'root/.ssh/id_ed25519': { mode: 0o644 },
    'etc/ssl/private/server.key': { mode: 0o640 },
    'home/someone/notes/id_rsa': { mode: 0o600 },
    'usr/bin/ls': { mode: 0o755 },
  };
  const wanted = [
    'etc/ssh/ssh_host_rsa_key host-key',
    'etc/ssl/private/server.key private-key',
    'root/.ssh/id_ed25519 private-key',
    'srv/drop world-writable',
    'srv/open world-writable',
    'usr/bin/su setuid',
    'usr/bin/wall setgid',
  ];

  test('are told of trees and layers, with mode and owner', async () => {
    const tree = treeOf(files);
    assert.deepEqual(paths(tree), wanted);
    const image = await imageOf({ ...files, 'usr/bin/su': { mode: 0o4755, uid: 7 } });
    assert.deepEqual(paths(image), wanted);
    assert.deepEqual(image.facts.files?.[5], {
      path: 'usr/bin/su',
      kind: 'file',
      mode: 0o4755,
      uid: 7,
      gid: 42,
      why: ['setuid'],
    });
  });

  test('an upper layer takes the bit away, the file, its folder, or the name', async () => {
    const base = {
      bin: { link: 'usr/bin' },
      'usr/bin/a': { mode: 0o4755 },
      'usr/bin/b': { mode: 0o4755 },
      'usr/bin/c': { mode: 0o4755 },
      'usr/lib/x/d': { mode: 0o4755 },
      'usr/share/y/e': { mode: 0o4755 },
      'usr/bin/f': { mode: 0o4755 },
      'usr/bin/stays': { mode: 0o4755 },
    };
    const upper = {
      'usr/bin/a': { mode: 0o755 },
      'usr/bin/.wh.b': {},
      'bin/c': { mode: 0o755 },
      'usr/lib/.wh.x': {},
      'usr/share/y/.wh..wh..opq': {},
      'usr/bin/f': { link: 'a' },
      'usr/bin/new': { mode: 0o4755 },
    };
    assert.deepEqual(paths(await imageOf(base, upper)), ['usr/bin/new setuid', 'usr/bin/stays setuid']);
    assert.equal((await imageOf(base)).facts.files?.length, 7);
  });

  test('a hard link to a program is one more', async () => {
    const image = await imageOf({
      'usr/bin/su': { mode: 0o4755 },
      'usr/bin/su2': { hardLink: 'usr/bin/su', mode: 0o4755 },
    });
    assert.deepEqual(paths(image), ['usr/bin/su setuid', 'usr/bin/su2 setuid']);
  });

  test('more than can be listed are a problem that counts them, and push out none of another kind', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 2100 }, (_, at) => [`srv/${at}`, { mode: 0o666 }] as const),
    );
    const image = await imageOf({ ...many, 'usr/bin/su': { mode: 0o4755 } });
    assert.equal(image.facts.files?.length, 2001);
    assert.deepEqual(
      image.problems.map(({ kind, why, limit }) => [kind, why, limit]),
      [['limit', '2100 files and directories are world-writable; the first 2000 are listed', 'filesMax']],
    );
  });
});

describe('the witness of a tree', () => {
  test('tells when a program becomes setuid, which leaves no trace in its folder', async () => {
    const root = join(folder, 'witnessed');
    const program = join(root, 'usr/bin/tool');
    mkdirSync(dirname(program), { recursive: true });
    writeFileSync(program, '');
    // What changed in the last moments may change again unseen: no witness is made of it.
    await sleep(2200);
    const skip = { paths: [], names: [], installedOnly: true };
    const { witness } = readTree(root, skip, defaultLimits, () => {});
    assert.ok(witness && stillStands(witness));
    chmodSync(program, 0o4755);
    assert.equal(stillStands(witness), false);
  });
});

describe('an upper layer', () => {
  test('rewrites users, unmasks and disables', async () => {
    const upper: Readonly<Record<string, Entry>> = {
      'etc/passwd': { text: 'app:x:10:10::/:\n' },
      'etc/.wh.shadow': {},
      'etc/systemd/system/noisy.service': { text: '[Service]\nExecStart=/opt/other\n' },
      'etc/systemd/system/multi-user.target.wants/.wh.ssh.service': {},
    };
    const { facts } = await imageOf(system, upper);
    assert.deepEqual(facts.users, [
      { name: 'app', uid: 10, gid: 10, home: '/', shell: null, password: 'unknown' },
    ]);
    const names = facts.services?.map(({ name }) => name) ?? [];
    assert.ok(
      names.includes('noisy.service') && !names.includes('ssh.service') && names.includes('ssh.socket'),
    );
    const noisy = facts.services?.find(({ name }) => name === 'noisy.service');
    assert.equal(noisy?.program, '/opt/other');
    assert.equal(noisy?.definedIn, 'etc/systemd/system/noisy.service');
  });

  test('configuration by hard links is said not to be read', async () => {
    const { problems } = await imageOf({
      'objects/1': { text: 'root:x:0:0::/:' },
      'etc/passwd': { hardLink: 'objects/1' },
    });
    assert.deepEqual(
      problems.map(({ kind, why }) => `${kind}: ${why}`),
      ['not-assessed: 1 files of the configuration are hard links, and were not read as such'],
    );
  });
});
