/**
 * Which folder of `src/` may import which. A folder stands for everything under it; the longest entry that fits
 * counts. The drawing in ARCHITECTURE.md is made from this table.
 */
export const allowedEdges: Readonly<Record<string, readonly string[]>> = {
  lib: ['lib'],
  model: ['model'],
  versions: ['model', 'lib', 'versions'],
  intel: ['model', 'lib', 'versions', 'plugins/feeds', 'intel'],
  'plugins/targets': ['model', 'lib', 'plugins/targets'],
  'plugins/ecosystems': ['model', 'lib', 'versions', 'plugins/ecosystems'],
  'plugins/distros': ['model', 'lib', 'versions', 'plugins/distros'],
  'plugins/feeds': ['model', 'lib', 'versions', 'plugins/feeds'],
  'plugins/networks': ['model', 'lib', 'plugins/networks'],
  'plugins/vex': ['model', 'lib', 'plugins/vex'],
  'plugins/integrations': ['model', 'lib', 'plugins/integrations'],
  pipeline: ['model', 'lib', 'versions', 'plugins', 'intel'],
  // Each stage sees itself; stages do not see one another. The record and score types that others need are theirs.
  'pipeline/collect': ['model', 'lib', 'plugins', 'pipeline/collect'],
  'pipeline/match': ['model', 'lib', 'versions', 'plugins', 'intel', 'pipeline/match'],
  'pipeline/score': ['model', 'lib', 'plugins', 'pipeline/score'],
  'pipeline/record': ['model', 'lib', 'pipeline/record'],
  'pipeline/publish': ['model', 'lib', 'plugins', 'pipeline/publish'],
  'pipeline/import': ['model', 'lib', 'plugins', 'intel', 'pipeline/import'],
  'pipeline/reach': ['model', 'lib', 'plugins', 'pipeline/reach'],
  store: ['model', 'lib', 'pipeline', 'store'],
  jobs: ['model', 'lib', 'versions', 'plugins', 'pipeline', 'intel', 'store', 'jobs'],
  api: ['model', 'lib', 'versions', 'plugins', 'pipeline', 'intel', 'store', 'jobs', 'api'],
  service: [
    'model',
    'lib',
    'versions',
    'plugins',
    'pipeline',
    'intel',
    'store',
    'jobs',
    'api',
    'cli',
    'service',
  ],
  cli: ['model', 'lib', 'versions', 'plugins', 'pipeline', 'intel', 'store', 'jobs', 'service', 'cli'],
};

/** Folders that do no I/O: they import nothing of Node's but what computes. */
export const pureFolders: readonly string[] = [
  'model',
  'versions',
  'pipeline/score',
  'pipeline/record',
  'pipeline/reach',
  'plugins/distros',
];

/** What pure folders may import of Node. */
export const pureModules: readonly string[] = ['node:crypto', 'node:net'];
