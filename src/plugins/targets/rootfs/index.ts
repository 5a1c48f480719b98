import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../../model/problem.ts';
import type { Target } from '../contract.ts';
import {
  cloudInstanceId,
  fingerprintFiles,
  instanceIdOf,
  packageDatabases,
  platformOf,
  readOsRelease,
} from '../filesystem.ts';

/** A directory that holds the root file system of a machine or container. */
export const rootfs = {
  id: 'rootfs',
  title: 'root file system directory',
  sources: ['https://refspecs.linuxfoundation.org/FHS_3.0/fhs/index.html'],
  async recognises(location) {
    for (const path of [
      'etc/os-release',
      'usr/lib/os-release',
      'var/lib/dpkg/status',
      'lib/apk/db/installed',
    ]) {
      if (await stat(join(location, path)).catch(() => null)) return true;
    }
    return false;
  },
  async discover(location) {
    const root = await realpath(location).catch(() => null);
    // A place that is not there has no resources: what was in it is gone.
    if (!root) return { resources: [], problems: [] };
    if (!(await stat(root)).isDirectory()) {
      return { resources: [], problems: [problem('unreadable', location, 'is not a directory')] };
    }
    const os = await readOsRelease(root);
    return {
      resources: [
        {
          type: 'AWS_EC2_INSTANCE',
          id: (await cloudInstanceId(root)) ?? instanceIdOf(`rootfs ${root}`),
          name: location,
          target: 'rootfs',
          location: root,
          fingerprint: await fingerprintFiles(root, packageDatabases),
          tags: { Name: location },
          details: { platform: platformOf(os), platformName: os?.prettyName ?? null },
        },
      ],
      problems: [],
    };
  },
  async open(resource) {
    return {
      kind: 'tree',
      root: resource.location,
      skip: ['proc', 'sys', 'dev'],
      installedOnly: true,
      // No kernel of a directory runs, so kernels found in it are explained and not reported.
      facts: { isContainer: true, runningKernel: null, layers: [] },
      problems: [],
    };
  },
  watchPaths: (location) => packageDatabases.map((path) => join(location, path)),
} satisfies Target;
