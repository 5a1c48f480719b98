import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ScanLimits } from '../../lib/limits.ts';
import { problem } from '../../model/problem.ts';
import type { FromChild, ReadingTask, ToChild } from './child.ts';
import type { Reading } from './reading.ts';

const heapMegabytes = 1536;

/** Reads bodies of bytes in processes of their own, several at once. */
export type Readers = {
  /** Resolves with what was read; a process that dies or runs out of time gives an empty reading with a problem. */
  read(task: ReadingTask, onProgress: (bytes: number, at: string) => void): Promise<Reading>;
  close(): void;
};

type Worker = { readonly process: ChildProcess; isBusy: boolean };

/**
 * Starts reading processes as they are needed, at most one for each core and never more than four. `ahead` of them are
 * started at once, so that they are there when there is something to read.
 */
export function openReaders(limits: ScanLimits, ahead = 0): Readers {
  const most = Math.min(4, availableParallelism());
  const workers = new Set<Worker>();
  const waiting: (() => void)[] = [];
  for (let count = 0; count < Math.min(ahead, most); count++) {
    workers.add({ process: startChild(), isBusy: false });
  }

  async function take(): Promise<Worker> {
    while (true) {
      for (const worker of workers) {
        if (!worker.isBusy) {
          worker.isBusy = true;
          return worker;
        }
      }
      if (workers.size < most) {
        const worker = { process: startChild(), isBusy: true };
        workers.add(worker);
        return worker;
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  function giveBack(worker: Worker, isAlive: boolean): void {
    worker.isBusy = false;
    if (!isAlive) workers.delete(worker);
    waiting.shift()?.();
  }

  return {
    async read(task, onProgress) {
      const worker = await take();
      const outcome = await runOn(worker.process, task, limits, onProgress);
      giveBack(worker, outcome.isAlive);
      return outcome.reading;
    },
    close() {
      for (const worker of workers) worker.process.kill('SIGKILL');
      workers.clear();
    },
  };
}

function runOn(
  child: ChildProcess,
  task: ReadingTask,
  limits: ScanLimits,
  onProgress: (bytes: number, at: string) => void,
): Promise<{ reading: Reading; isAlive: boolean }> {
  const where =
    task.kind === 'layer'
      ? (task.blob.diffId ?? task.blob.path)
      : task.kind === 'tree'
        ? task.root
        : task.path;
  return new Promise((resolve) => {
    const end = (reading: Reading, isAlive: boolean) => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      if (!isAlive) child.kill('SIGKILL');
      resolve({ reading, isAlive });
    };
    const onMessage = (message: FromChild) => {
      if (message.kind === 'progress') onProgress(message.bytes, message.at);
      else end(message.reading, true);
    };
    const onExit = (code: number | null, signal: string | null) => {
      const why = `the process that read it ended (${signal ?? `code ${code}`}), most likely out of its ${heapMegabytes} MB of memory`;
      end(failed('limit', where, why, 'bufferedBytesMax'), false);
    };
    const timer = setTimeout(() => {
      end(
        failed('limit', where, `reading took longer than ${limits.scanSecondsMax} seconds`, 'scanSecondsMax'),
        false,
      );
    }, limits.scanSecondsMax * 1000);
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.send({ task, limits } satisfies ToChild);
  });
}

function failed(kind: 'limit' | 'unreadable', where: string, why: string, limit: string | null): Reading {
  return {
    files: [],
    releases: [],
    removed: [],
    opaque: [],
    links: [],
    problems: [problem(kind, where, why, limit)],
    isComplete: false,
    entryCount: 0,
    byteCount: 0,
  };
}

function startChild(): ChildProcess {
  return fork(join(import.meta.dirname, 'child.ts'), [], {
    // No environment: no credential can be read by what runs on hostile bytes.
    env: {},
    execArgv: [
      '--permission',
      '--allow-fs-read=*',
      `--max-old-space-size=${heapMegabytes}`,
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=SecurityWarning',
    ],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}
