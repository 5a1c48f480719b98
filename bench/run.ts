import { readdirSync } from 'node:fs';
import { join } from 'node:path';

// `npm run bench -- NAME [arguments]`: each benchmark is a file of this folder that prints ratios.
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts' && file !== 'measure.ts')
  .map((file) => file.replace(/\.ts$/, ''));
const [name, ...rest] = process.argv.slice(2);
if (!name || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- NAME [arguments]; there are: ${names.join(', ')}\n`);
  process.exit(2);
}
process.argv.splice(2, process.argv.length - 2, ...rest);
await import(join(import.meta.dirname, `${name}.ts`));
