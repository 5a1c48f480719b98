import { defineScheme } from './scheme.ts';
import { orderSemver, parseSemver, type SemverParts, semverKey } from './semver-parts.ts';

/** Versions of Rust crates: semantic versions without a prefix; shortened ones are read as bounds. */
export const cargo = defineScheme<SemverParts>({
  id: 'cargo',
  sources: ['https://doc.rust-lang.org/cargo/reference/manifest.html#the-version-field'],
  lengthMax: 512,
  parse: (text) => parseSemver(text, { prefixes: '', numbersMax: 3, looseHyphen: false }),
  order: orderSemver,
  keyOf: semverKey,
});
