import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseNames, UserNames } from '../../../../src/pipeline/enrich/users.ts';
import { fakeClock } from './fake-clock.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'users-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function makeUsers() {
  const clock = fakeClock();
  const passwdFile = join(directory, 'passwd');
  const groupFile = join(directory, 'group');
  writeFileSync(passwdFile, 'root:x:0:0::/root:/bin/bash\n');
  writeFileSync(groupFile, 'wheel:x:10:ann\n');
  return { clock, passwdFile, users: new UserNames({ clock, passwdFile, groupFile }) };
}

test('names users and groups; unknown ids stay undefined', () => {
  const { users } = makeUsers();
  expect([users.userName(0), users.userName(10), users.groupName(10), users.groupName(0)]).toEqual([
    'root',
    undefined,
    'wheel',
    undefined,
  ]);
});

test('refresh() reads a changed file, at most once a second', () => {
  const { clock, passwdFile, users } = makeUsers();
  users.refresh();
  writeFileSync(`${passwdFile}+`, 'root:x:0:0::/root:/bin/bash\nann:x:1000:1000::/:\n');
  renameSync(`${passwdFile}+`, passwdFile);
  clock.advance(999);
  expect(users.refresh()).toBe(false);
  expect(users.userName(1000)).toBeUndefined();
  clock.advance(1);
  expect(users.refresh()).toBe(true);
  expect(users.userName(1000)).toBe('ann');
  clock.advance(1000);
  expect(users.refresh()).toBe(false);
});

test('a file that is gone leaves what was known', () => {
  const { clock, passwdFile, users } = makeUsers();
  rmSync(passwdFile);
  clock.advance(5000);
  users.refresh();
  expect(users.userName(0)).toBe('root');
});

test('parseNames() takes the first of an id and skips broken lines', () => {
  expect([...parseNames('a:x:1:\nb:x:1:\n:x:2:\nc\nd:x:-1\ne:x:\n#f:y\ng:x:3')]).toEqual([
    [1, 'a'],
    [3, 'g'],
  ]);
  expect(parseNames(`${'n'.repeat(300)}:x:1:`).size).toBe(0);
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseNames(text);
    }),
  );
});
