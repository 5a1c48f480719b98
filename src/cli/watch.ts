import type { Watch } from '../store/watches.ts';
import { type Command, exitCode, UsageError } from './command.ts';
import { print, table } from './output.ts';
import { watchesOf } from './serve.ts';
import { findService } from './service-client.ts';
import { readSettings, settingOptions } from './settings.ts';

export const watch: Command = {
  name: 'watch',
  summary: 'Lists, adds and removes the places that the running service watches.',
  usage: ['[options]', '[options] add TARGET', '[options] remove ID'],
  options: settingOptions('home', 'region'),
  examples: [
    'openinspector watch',
    'openinspector watch add oci-layout:/srv/images',
    'openinspector watch remove 3',
  ],
  async run(input) {
    const settings = readSettings(input.value);
    const service = await findService(settings);
    if (!service)
      throw new Error(`no service of ${settings.home} is running; start one with 'openinspector serve'`);
    const [verb, what] = input.positionals;
    if (verb === undefined) {
      const answer = await service.call<{ watches: readonly Watch[] }>('GET', '/openinspector/v1/watches');
      const rows = (answer?.watches ?? []).map(({ watchId, target, location }) => [
        String(watchId),
        target,
        location,
      ]);
      const columns = [
        { title: 'ID', min: 2, share: 0 },
        { title: 'TARGET', min: 6, share: 0 },
        { title: 'LOCATION', min: 10, share: 1 },
      ];
      print(
        rows.length > 0
          ? table(columns, rows)
          : "nothing is watched yet; add a place with 'openinspector watch add TARGET'",
      );
      return exitCode.done;
    }
    if (verb === 'add' && what) {
      const [place] = await watchesOf([what]);
      const made = await service.call<Watch>('POST', '/openinspector/v1/watches', place);
      print(`watching ${made?.target}:${made?.location} as ${made?.watchId}`);
      return exitCode.done;
    }
    if (verb === 'remove' && what && /^\d+$/.test(what)) {
      const gone = await service.call<Watch>('DELETE', `/openinspector/v1/watches/${what}`);
      if (!gone) throw new UsageError(`there is no watch ${what}; 'openinspector watch' lists them`);
      print(`no longer watching ${gone.target}:${gone.location}; its resources and findings stay`);
      return exitCode.done;
    }
    throw new UsageError("Say 'add TARGET' or 'remove ID'.\nTry 'openinspector watch --help'.");
  },
};
