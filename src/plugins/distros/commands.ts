// The commands that a person may copy, so whatever a package calls itself must not end the word that it stands in.

export function aptUpgrade(packageName: string, fixedVersion: string): string {
  return `apt-get update && apt-get install --only-upgrade ${word(`${packageName}=${fixedVersion}`)}`;
}

export function apkUpgrade(packageName: string): string {
  return `apk update && apk upgrade ${word(packageName)}`;
}

export function dnfUpgrade(packageName: string, fixedVersion: string): string {
  return `dnf upgrade ${word(`${packageName}-${fixedVersion}`)}`;
}

export function yumUpdate(packageName: string, fixedVersion: string): string {
  return `yum update ${word(`${packageName}-${fixedVersion}`)}`;
}

export function tdnfUpdate(packageName: string, fixedVersion: string): string {
  return `tdnf update ${word(`${packageName}-${fixedVersion}`)}`;
}

export function zypperUpdate(packageName: string, fixedVersion: string): string {
  return `zypper refresh && zypper install ${word(`${packageName}>=${fixedVersion}`)}`;
}

/** dnf, or yum where the version is of a release that has no dnf yet. */
export function redHatUpgrade(packageName: string, fixedVersion: string): string {
  const isOld = /[._]el[5-7](?:[._]|$)/.test(fixedVersion);
  return isOld ? yumUpdate(packageName, fixedVersion) : dnfUpgrade(packageName, fixedVersion);
}

// Anything that a shell might read otherwise is quoted.
function word(text: string): string {
  return /^[A-Za-z0-9@%+=:,./_^~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
