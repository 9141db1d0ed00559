// Exits 0 when node_modules is what package-lock.json says, by the record that npm keeps
// of what it installed; 1 when not. Run by setup.sh, so it must start fast and need nothing.
const { readFileSync } = require('node:fs');

const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
const wanted = packagesOf('package-lock.json');
const installed = packagesOf('node_modules/.package-lock.json');
const runtime = `node_modules/node-linux-${process.arch}`;

const differs = Object.entries(wanted).filter(([path, { version, integrity, optional }]) => {
  if (path === '') {
    return false;
  }
  const found = installed[path];
  const mayBeAbsent = optional === true && path !== runtime;
  return found === undefined ? !mayBeAbsent : found.version !== version || found.integrity !== integrity;
});
const pinned = `v${wanted[runtime]?.version}`;
process.exitCode = differs.length === 0 && process.version === pinned ? 0 : 1;
