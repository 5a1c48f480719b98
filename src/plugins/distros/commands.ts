// The commands that a person may copy, so whatever a package calls itself must not end the word that it stands in.
// A version of null asks for the newest that there is.

export function aptUpgrade(packageName: string, fixedVersion: string | null): string {
  return `apt-get update && apt-get install --only-upgrade ${versioned(packageName, '=', fixedVersion)}`;
}

export function apkUpgrade(packageName: string): string {
  return `apk update && apk upgrade ${shellWord(packageName)}`;
}

export function dnfUpgrade(packageName: string, fixedVersion: string | null): string {
  return `dnf upgrade ${versioned(packageName, '-', fixedVersion)}`;
}

export function yumUpdate(packageName: string, fixedVersion: string | null): string {
  return `yum update ${versioned(packageName, '-', fixedVersion)}`;
}

export function tdnfUpdate(packageName: string, fixedVersion: string | null): string {
  return `tdnf update ${versioned(packageName, '-', fixedVersion)}`;
}

export function zypperUpdate(packageName: string, fixedVersion: string | null): string {
  return fixedVersion === null
    ? `zypper refresh && zypper update ${shellWord(packageName)}`
    : `zypper refresh && zypper install ${versioned(packageName, '>=', fixedVersion)}`;
}

/** dnf, or yum where the version is of a release that has no dnf yet. */
export function redHatUpgrade(packageName: string, fixedVersion: string | null): string {
  const isOld = /[._]el[5-7](?:[._]|$)/.test(fixedVersion ?? '');
  return isOld ? yumUpdate(packageName, fixedVersion) : dnfUpgrade(packageName, fixedVersion);
}

function versioned(name: string, joiner: string, version: string | null): string {
  return shellWord(version === null ? name : `${name}${joiner}${version}`);
}

/** A text as one word of a shell: anything that a shell might read otherwise is quoted. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9@%+=:,./_^~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
