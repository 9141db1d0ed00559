/** What a detector learnt, over restarts: the bundle with --state-dir. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Program, sentinel } from '../support/program.ts';
import { withTempFolder } from '../support/temp-folder.ts';

jest.setTimeout(240_000);

const ATTACKS = 'test/fixtures/captures/attacks.evt1';
const DEMO = 'test/fixtures/demo.evt1';
const STATE = 'detector.state';
const RUN = ['--alert-budget', '100000/day', '--log-level', 'info'];
const KILLS = 10;

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

describe('sentinel --state-dir', () => {
  it.each(['loda', 'ensemble'])('two runs of half the events find what one run finds: %s', async (model) => {
    const argv = ['replay', ATTACKS, '--model', model, ...RUN];
    await withTempFolder(async (folder) => {
      const whole = await sentinel([...argv, '--max-events', '24000']);
      const state = ['--state-dir', folder];

      const first = await sentinel([...argv, ...state, '--max-events', '12000']);
      const second = await sentinel([...argv, ...state, '--skip', '12000', '--max-events', '12000']);

      expect([first.status, second.status]).toEqual([0, 0]);
      expect(first.stderr).toContain('no saved state: models begin to learn');
      expect(second.stderr).toContain('state restored');
      expect(linesOf(whole.stdout).length).toBeGreaterThan(4);
      expect(second.stdout).not.toBe('');
      expect(first.stdout + second.stdout).toBe(whole.stdout);
      expect(readdirSync(folder)).toEqual([STATE]);
    });
  });

  it('is of use after each of ten kills, whenever they came', async () => {
    await withTempFolder(async (folder) => {
      const records = gunzipSync(readFileSync(ATTACKS));
      const argv = ['detect', '--source', 'stdin', '--state-dir', folder, ...RUN];
      const env = { SENTINEL_STATE__SAVE_INTERVAL_MS: '1s' };
      const saved = new Set<string>();
      for (let kill = 0; kill < KILLS; kill++) {
        await using program = new Program(argv, {
          env,
          input: records.subarray(0, 8_000_000),
          isInputOpen: true,
        });
        await program.says(/no saved state|state restored/);
        // Some in the middle of writing, some between.
        const isSeen = (name: string) => (kill % 2 === 0 ? name.endsWith('.tmp') : name === STATE);
        for await (const { filename } of watch(folder, { signal: AbortSignal.timeout(60_000) })) {
          if (isSeen(filename ?? '')) {
            break;
          }
        }
        expect(await program.end('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
        expect(program.stderr).not.toContain('damaged');
        if (existsSync(join(folder, STATE))) {
          const { status, stderr: said } = await sentinel([
            'replay',
            DEMO,
            '--max-events',
            '0',
            '--state-dir',
            folder,
            ...RUN,
          ]);
          expect({ status, said }).toEqual({ status: 0, said: expect.stringContaining('state restored') });
          saved.add(readFileSync(join(folder, STATE)).toString('latin1', 20, 52));
        }
      }
      expect(saved.size).toBeGreaterThan(1);
      expect(existsSync(join(folder, `${STATE}.damaged`))).toBe(false);
    });
  });

  it.each([
    [
      'a flipped bit',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])]),
      'checksum does not match',
    ],
    ['half of it', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1), 'bytes of state where'],
    ['nothing', () => Buffer.alloc(0), 'it is no state file'],
    ['something else', () => Buffer.from('#!/bin/sh\n'.repeat(100)), 'it is no state file'],
  ])('puts %s aside, says so, and begins anew', async (_, damage, reason) => {
    await withTempFolder(async (folder) => {
      const path = join(folder, STATE);
      const argv = ['replay', DEMO, '--state-dir', folder];
      await sentinel(argv);
      const damaged = damage(readFileSync(path));
      writeFileSync(path, damaged);

      const { status, stderr } = await sentinel(argv);

      expect(status).toBe(0);
      expect(stderr).toContain('saved state is damaged: put aside');
      expect(stderr).toContain(reason);
      expect(readFileSync(`${path}.damaged`)).toEqual(damaged);
      expect((await sentinel([...argv, '--log-level', 'info'])).stderr).toContain('state restored');
    });
  });

  it.each([
    ['another model', ['--model', 'ngram']],
    ['other features', ['--features', 'compat', '--model', 'loda']],
    ['another seed', ['--seed', '7']],
  ])('begins anew with %s, and says so', async (_, change) => {
    await withTempFolder(async (folder) => {
      await sentinel(['replay', DEMO, '--state-dir', folder]);
      const { status, stderr } = await sentinel(['replay', DEMO, '--state-dir', folder, ...change]);
      expect(status).toBe(0);
      expect(stderr).toContain('saved state is of other models, features or parameters');
    });
  });

  it.each([
    ['a folder that cannot be one', (_: string) => '/dev/null/x', 'ENOTDIR'],
    ['a folder that takes no files', (_: string) => '/proc/self', 'Cannot save the state in /proc/self/'],
    [
      'a state that is a folder',
      (folder: string) => {
        mkdirSync(join(folder, STATE));
        return folder;
      },
      'EISDIR',
    ],
  ])('is 3 for %s, with its name and the reason', async (_, makeFolder, reason) => {
    await withTempFolder(async (folder) => {
      const path = makeFolder(folder);
      const { status, stderr } = await sentinel(['replay', DEMO, '--state-dir', path]);
      expect(status).toBe(3);
      expect(stderr).toContain(`the state in ${path}/`);
      expect(stderr).toContain(reason);
      expect(stderr).not.toMatch(/ {4}at |bug/);
    });
  });
});
