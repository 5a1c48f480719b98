import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { applyExchange } from '../intel/exchange-apply.ts';
import { exportRevision } from '../intel/exchange-write.ts';
import { type IntelligenceRevision, openIntelligence, openRevision } from '../intel/open.ts';
import { currentRevision } from '../intel/pointer.ts';
import { pruneRevisions } from '../intel/prune.ts';
import { listRevisions } from '../intel/revisions.ts';
import { makeKeyPair, readPrivateKey, readPublicKey } from '../intel/sign.ts';
import type { Settings } from '../service/settings.ts';
import { type CommandInput, exitCode, UsageError } from './command.ts';
import { bytesText, print, progressLine, say } from './output.ts';

/** Handing intelligence on: `intel keygen`, `intel export` and `intel apply`. */

/** Makes a pair of keys in `FILE` and `FILE.pub`; never over a file that is there. */
export function keygen(file: string | undefined): number {
  if (!file) throw new UsageError('Name the file for the private key: openinspector intel keygen FILE');
  const [privatePath, publicPath] = [resolve(file), `${resolve(file)}.pub`];
  for (const path of [privatePath, publicPath]) {
    if (existsSync(path)) throw new UsageError(`${path} is there already; keys are never written over`);
  }
  const { privatePem, publicPem } = makeKeyPair();
  writeFileSync(privatePath, privatePem, { mode: 0o600, flag: 'wx' });
  writeFileSync(publicPath, publicPem, { flag: 'wx' });
  print(`Private key, to sign with (--sign-key): ${privatePath}`);
  print(`Public key, for OPENINSPECTOR_INTEL_PUBLIC_KEY of those who take in: ${publicPath}`);
  return exitCode.done;
}

/** Writes the current revision, or what changed since `--from`, to `--out`. */
export async function exportIntelligence(input: CommandInput, settings: Settings): Promise<number> {
  const out = input.value('out');
  if (!out) throw new UsageError('Name the file to write: openinspector intel export --out FILE');
  const keyPath = input.value('sign-key');
  const key = keyPath === null ? null : readPrivateKey(resolve(keyPath));
  const from = openFrom(input.value('from'), settings);
  const to = openIntelligence(settings.intelDirectory);
  const line = progressLine('Intelligence');
  try {
    if (from?.meta.revision === to.meta.revision) {
      throw new UsageError(`revision ${to.meta.revision} is the current one; there is nothing between`);
    }
    line.update('packing');
    const { bytes, records } = await exportRevision({ from, to, path: resolve(out), key });
    line.end('');
    const what = from ? `what changed from ${from.meta.revision} to` : 'the whole of';
    const signed = key ? 'signed' : 'not signed';
    print(`${out}: ${what} ${to.meta.revision}, ${records} records, ${bytesText(bytes)}, ${signed}`);
    return exitCode.done;
  } finally {
    line.end('');
    from?.close();
    to.close();
  }
}

function openFrom(name: string | null, { intelDirectory }: Settings): IntelligenceRevision | null {
  if (name === null) return null;
  const held = listRevisions(intelDirectory);
  if (!held.includes(name))
    throw new UsageError(`there is no revision '${name}'; kept are ${held.join(', ')}`);
  return openRevision(intelDirectory, name);
}

/** Takes in a file that `export` wrote elsewhere. */
export async function applyIntelligence(
  file: string | undefined,
  input: CommandInput,
  settings: Settings,
): Promise<number> {
  if (!file) throw new UsageError('Name the file to take in: openinspector intel apply FILE');
  const publicKey = settings.intelPublicKey === null ? null : readPublicKey(settings.intelPublicKey);
  if (publicKey === null) {
    say('No public key is set (OPENINSPECTOR_INTEL_PUBLIC_KEY), so nobody checks who made this file.');
  }
  const before = currentRevision(settings.intelDirectory);
  const line = progressLine('Intelligence');
  try {
    const meta = await applyExchange({
      directory: settings.intelDirectory,
      path: resolve(file),
      publicKey,
      allowsRollback: input.flag('allow-rollback'),
      onProgress: (records) => line.update(`${records} records`),
    });
    line.end('');
    await pruneRevisions(settings.intelDirectory);
    print(
      `Intelligence revision ${meta.revision}, built ${meta.builtAt}, is in use now (before: ${before ?? 'none'})`,
    );
    print(`${meta.statementCount} statements on ${meta.keyCount} package keys`);
    return exitCode.done;
  } finally {
    line.end('');
  }
}
