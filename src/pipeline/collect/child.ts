/**
 * The process that reads hostile bytes: started under Node's permission model with leave to read files and to write
 * none, no environment, no child processes. It takes tasks over IPC and answers with plain data.
 */
import { setPriority } from 'node:os';
import type { ScanLimits } from '../../lib/limits.ts';
import type { LayerBlob } from '../../plugins/targets/contract.ts';
import { readLayer } from './layer.ts';
import type { Reading } from './reading.ts';
import { readTree, type TreeSkip } from './tree.ts';
import { readZip } from './zip.ts';

export type ReadingTask =
  | { readonly kind: 'layer'; readonly blob: LayerBlob }
  | { readonly kind: 'tree'; readonly root: string; readonly skip: TreeSkip }
  | { readonly kind: 'disk'; readonly path: string; readonly skip: TreeSkip }
  | { readonly kind: 'zip'; readonly path: string };

export type ToChild = { readonly task: ReadingTask; readonly limits: ScanLimits };
export type FromChild =
  | { readonly kind: 'progress'; readonly bytes: number; readonly at: string }
  | { readonly kind: 'done'; readonly reading: Reading };

/** Runs one task in this process. */
export async function runTask(
  task: ReadingTask,
  limits: ScanLimits,
  onProgress: (bytes: number, at: string) => void,
): Promise<Reading> {
  if (task.kind === 'layer')
    return readLayer(task.blob, limits, (bytes) => onProgress(bytes, task.blob.diffId ?? ''));
  if (task.kind === 'zip') return readZip(task.path, limits, (bytes) => onProgress(bytes, task.path));
  if (task.kind === 'disk') {
    // The readers of file systems are many files, that few tasks need.
    const { readDiskFile } = await import('./disk.ts');
    return readDiskFile(task.path, task.skip, limits, (_entries, at) => onProgress(0, at));
  }
  return readTree(task.root, task.skip, limits, (_entries, at) => onProgress(0, at));
}

function serve(): void {
  // Reading must never starve the service that asked for it.
  try {
    setPriority(5);
  } catch {
    // Lower priority is a courtesy; without leave for it the work is the same.
  }
  let lastReport = 0;
  let unreported = 0;
  process.on('message', async (message: ToChild) => {
    const reading = await runTask(message.task, message.limits, (bytes, at) => {
      unreported += bytes;
      if (Date.now() - lastReport < 100) return;
      lastReport = Date.now();
      send({ kind: 'progress', bytes: unreported, at });
      unreported = 0;
    });
    send({ kind: 'progress', bytes: unreported, at: '' });
    unreported = 0;
    send({ kind: 'done', reading });
  });
  process.on('disconnect', () => process.exit(0));
}

function send(message: FromChild): void {
  process.send?.(message);
}

if (process.argv[1] === import.meta.filename && process.send) serve();
