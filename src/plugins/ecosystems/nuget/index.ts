import type { Ecosystem } from '../contract.ts';
import { nugetAssembly } from './assembly.ts';
import { nugetDepsJson } from './deps-json.ts';
import { nugetPackagesLock } from './packages-lock.ts';
import { nugetPaketLock } from './paket-lock.ts';
import { nugetPackagesConfig, nugetProject } from './project-files.ts';

/** .NET packages of the NuGet gallery, whose names are the same in any case. */
export const nuget = {
  id: 'nuget',
  scheme: 'nuget',
  isSystem: false,
  sources: ['https://learn.microsoft.com/en-us/nuget/'],
  normaliseName: (name) => name.toLowerCase(),
  extractors: [
    nugetPackagesLock,
    nugetDepsJson,
    nugetProject,
    nugetPackagesConfig,
    nugetPaketLock,
    nugetAssembly,
  ],
} satisfies Ecosystem;
