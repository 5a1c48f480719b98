import type { Ecosystem } from '../contract.ts';
import { genericChocolatey } from './chocolatey.ts';
import { genericCos } from './cos.ts';
import { genericErlangRelease } from './erlang-release.ts';
import { genericFlatpak } from './flatpak.ts';
import { genericJavaMachine, genericJavaRelease } from './java-runtime.ts';
import { genericMacApp } from './mac-app.ts';
import { intelligenceName, streamOfGeneric } from './names.ts';
import { genericOpkg, genericOpkgFiles } from './opkg.ts';
import { genericPortage, genericPortageFiles } from './portage.ts';
import { genericProgram } from './program.ts';
import { genericSnap } from './snap.ts';
import {
  genericDrupal,
  genericJoomla,
  genericWordpress,
  genericWordpressPlugin,
  genericWordpressTheme,
} from './web-application.ts';

/** Packages for which package URLs have no type of their own, and programs that no package manager knows. */
export const generic = {
  id: 'generic',
  scheme: 'bitnami',
  isSystem: false,
  sources: ['https://github.com/package-url/purl-spec/blob/main/types-doc/generic-definition.md'],
  normaliseName: intelligenceName,
  streamOf: streamOfGeneric,
  extractors: [
    genericProgram,
    genericJavaRelease,
    genericJavaMachine,
    genericErlangRelease,
    genericWordpress,
    genericWordpressPlugin,
    genericWordpressTheme,
    genericJoomla,
    genericDrupal,
    genericChocolatey,
    genericCos,
    genericFlatpak,
    genericMacApp,
    genericOpkg,
    genericOpkgFiles,
    genericPortage,
    genericPortageFiles,
    genericSnap,
  ],
} satisfies Ecosystem;
