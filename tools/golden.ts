import { spawnSync } from 'node:child_process';

// `npm run golden`: rewrites every expected.json from what the code gives now. Review the difference by eye.
const run = spawnSync(process.execPath, ['--test', 'src/plugins/**/*.test.ts'], {
  env: { ...process.env, OPENINSPECTOR_GOLDEN: 'write' },
  stdio: ['ignore', 'ignore', 'inherit'],
});
process.stdout.write(
  run.status === 0
    ? 'expected.json files are written; look at: git diff -- "*/testdata/*"\n'
    : 'some tests failed; run npm test\n',
);
process.exitCode = run.status ?? 1;
