// The one door for every npm script and for the `openinspector` command. Plain JavaScript that any Node runs:
// it installs the packages that are missing, and where this Node is older than the sources need it runs the
// rest under Node 24 fetched by npx. Everything after that is TypeScript run from source.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodeMin = [22, 18];

const tests = ['src/**/*.test.ts', 'test/**/*.test.ts', 'testkit/**/*.test.ts'];
const main = join(root, 'src/main.ts');
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
const tsc = join(root, 'node_modules/typescript/bin/tsc');
// Each script: the argument lists that Node runs one after the other; the user's own arguments go to the last.
const scripts = {
  cli: [[main]],
  start: [[main, 'start']],
  dev: [['--watch', main, 'serve']],
  test: [['--test', ...tests]],
  'test:integration': [
    ['--test', '--test-concurrency=1', 'test/integration/*.integration.ts', 'test/disk/*.integration.ts'],
  ],
  check: [[biome, 'check'], [tsc], ['--test', ...tests]],
  format: [[biome, 'check', '--write']],
  types: [[tsc]],
  quality: [[join(root, 'tools/quality.ts')]],
  fixtures: [[join(root, 'tools/fixtures.ts')]],
  fuzz: [[join(root, 'tools/fuzz.ts')]],
  golden: [[join(root, 'tools/golden.ts')]],
  bench: [[join(root, 'bench/run.ts')]],
};

/** Runs one script to its end and exits with its code. */
export async function launch([name, ...rest]) {
  const steps = scripts[name];
  if (!steps) fail(`unknown script '${name}'; one of: ${Object.keys(scripts).join(', ')}`, 2);
  // Packages first: installing makes node_modules anew, and what is known of Node is noted in it.
  installPackages();
  const node = findNode();
  const inPlace = name === 'cli' && node === process.execPath;
  if (inPlace) {
    // Sources are compiled once and not at every start; a place that cannot be written to is no reason to fail.
    nodeModule.enableCompileCache?.(join(root, 'node_modules/.cache/openinspector'));
    process.argv = [process.argv[0], main, ...rest];
    await import(pathToFileURL(main).href);
    return;
  }
  for (const [index, step] of steps.entries()) {
    const last = index === steps.length - 1;
    const options = name === 'cli' ? { stdio: 'inherit' } : { cwd: root, stdio: 'inherit' };
    // Ctrl-C goes to the whole group: the child ends in its own time, and we must outlive it to report its code.
    process.on('SIGINT', () => {});
    const { status, signal, error } = spawnSync(node, [...step, ...(last ? rest : [])], options);
    if (error) fail(`cannot run ${node}: ${error.message}`, 1);
    if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
  }
}

function findNode() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const note = join(root, 'node_modules/.openinspector-node');
  if (existsSync(note)) {
    const known = readFileSync(note, 'utf8').trim();
    if (existsSync(known)) return known;
  }
  say(`Node ${process.versions.node} is older than ${nodeMin.join('.')}; fetching Node 24 (once)`);
  const found = spawnSync('npx', ['-y', 'node@24', '-p', 'process.execPath'], { encoding: 'utf8' });
  const path = found.stdout?.trim();
  if (found.status !== 0 || !path) {
    fail(
      `cannot get Node 24 by 'npx -y node@24': ${found.stderr?.trim() || found.error?.message}
Install Node ${nodeMin.join('.')} or newer and run the same command again.`,
      1,
    );
  }
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, path);
  return path;
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1]);
}

// npm writes node_modules/.package-lock.json last, so its age says whether an install finished after the lock changed.
function installPackages() {
  const done = join(root, 'node_modules/.package-lock.json');
  const wanted = join(root, 'package-lock.json');
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(wanted).mtimeMs) return;
  if (!existsSync(join(root, '.git')) && existsSync(done)) return;
  say('installing packages (npm ci)');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (npm.status !== 0)
    fail(`npm ci failed in ${root}; mend what it says above and run the same command again`, 1);
}

function say(text) {
  process.stderr.write(`openinspector: ${text}\n`);
}

function fail(text, code) {
  say(text);
  process.exit(code);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await launch(process.argv.slice(2));
