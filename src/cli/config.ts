import { type Command, exitCode } from './command.ts';
import { print, table } from './output.ts';
import { readSettings, type SettingName, settingOptions, settingSpecs } from './settings.ts';

export const config: Command = {
  name: 'config',
  summary: 'Prints every setting, its value, where it came from and how to set it.',
  usage: ['[options]'],
  options: settingOptions(...(Object.keys(settingSpecs) as SettingName[])),
  examples: ['openinspector config'],
  async run(input) {
    const settings = readSettings(input.value);
    const values: Readonly<Record<SettingName, string>> = {
      home: settings.home,
      // A password in it is nobody's business.
      'database-url': settings.databaseUrl?.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1:…@') ?? '(embedded)',
      listen: `${settings.listen.host}:${settings.listen.port}`,
      account: settings.account,
      region: settings.region,
      'intel-directory': settings.intelDirectory,
      'intel-public-key': settings.intelPublicKey ?? '(not set)',
      'feed-urls': JSON.stringify(settings.feedUrls),
      'requests-per-second': String(settings.requestsPerSecond),
      'log-level': settings.logLevel,
    };
    const rows = (Object.keys(values) as SettingName[]).map((name) => [
      `--${name}`,
      values[name],
      settings.origins[name] ?? 'default',
      settingSpecs[name].env,
    ]);
    const columns = [
      { title: 'SETTING', min: 10, share: 0 },
      { title: 'VALUE', min: 20, share: 1 },
      { title: 'FROM', min: 7, share: 0 },
      { title: 'VARIABLE', min: 10, share: 0 },
    ];
    print(table(columns, rows));
    print(`\nThe same names without dashes in front may stand in ${settings.home}/config.json.`);
    return exitCode.done;
  },
};
