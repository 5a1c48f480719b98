#!/usr/bin/env node
// The command people type. It only hands over to the launcher, which sees to Node's version and the packages.
import { launch } from '../tools/launch.mjs';

await launch(['cli', ...process.argv.slice(2)]);
