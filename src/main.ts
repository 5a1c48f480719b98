import { type Command, exitCode, helpOf, parseCommand, twoColumns, UsageError } from './cli/command.ts';
import { print, say } from './cli/output.ts';

// Each command is loaded when it is called: `--help` must not wait for a database driver.
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./cli/start.ts')).start,
  scan: async () => (await import('./cli/scan.ts')).scan,
  find: async () => (await import('./cli/find.ts')).find,
  explain: async () => (await import('./cli/explain.ts')).explain,
  serve: async () => (await import('./cli/serve.ts')).serve,
  intel: async () => (await import('./cli/intel.ts')).intel,
  reach: async () => (await import('./cli/reach.ts')).reach,
  watch: async () => (await import('./cli/watch.ts')).watch,
  keys: async () => (await import('./cli/keys.ts')).keys,
  jobs: async () => (await import('./cli/jobs.ts')).jobs,
  env: async () => (await import('./cli/env.ts')).env,
  config: async () => (await import('./cli/config.ts')).config,
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (!name || name === '--help' || name === '-h' || name === 'help') {
      print(await overview());
      return exitCode.done;
    }
    if (name === '--version' || name === '-v') {
      const { version } = (await import('../package.json', { with: { type: 'json' } })).default;
      print(version);
      return exitCode.done;
    }
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!load) throw new UsageError(`there is no command '${name}'.\nTry 'openinspector --help'.`);
    const command = await load();
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(helpOf(command));
      return exitCode.done;
    }
    return await command.run(parseCommand(command, rest));
  } catch (error) {
    if (error instanceof UsageError) {
      say(`openinspector: ${error.message}`);
      return exitCode.usage;
    }
    say(`openinspector: ${error instanceof Error ? error.message : error}`);
    if (process.env.OPENINSPECTOR_DEBUG && error instanceof Error) say(error.stack ?? '');
    return exitCode.incomplete;
  }
}

async function overview(): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  return [
    'OpenInspector finds vulnerable packages in hosts, images and functions, and says why.',
    '',
    'Usage:',
    '  openinspector COMMAND [options]',
    '',
    'Commands:',
    ...twoColumns(all.map(({ name, summary }) => [name, summary] as const)),
    '',
    "Each command explains itself: 'openinspector scan --help'.",
  ].join('\n');
}
