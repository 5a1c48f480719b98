/**
 * The version of a Java runtime in the form that advisories use: `1.8.0_382` is `8.0.382`; since Java 9 the version is
 * written so itself.
 * Source: https://openjdk.org/jeps/223
 */
export function javaVersion(text: string): string {
  const old = /^1\.(\d{1,2})\.(\d{1,4})(?:_(\d{1,4}))?/.exec(text);
  if (old === null) return /^[\d.]+/.exec(text)?.[0].replace(/\.$/, '') ?? text;
  return `${old[1]}.${old[2]}.${Number(old[3] ?? '0')}`;
}
