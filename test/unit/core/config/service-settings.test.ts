/** The settings that `make install` puts in place, and the unit that uses them. */
import { readFileSync } from 'node:fs';
import { loadConfig } from '../../../../src/core/config/load.ts';

const FOLDER = 'deploy/systemd';

describe('deploy/systemd/sentinel.yaml', () => {
  const { config } = loadConfig({ env: {}, file: `${FOLDER}/sentinel.yaml` });

  it('leaves a probe that a person starts on the terminal', () => {
    expect(config.sinks.enabled).toEqual(['stdout']);
  });

  it('keeps the event file in the folder that the unit makes', () => {
    const unit = readFileSync(`${FOLDER}/sentinel.service`, 'utf8');
    expect(unit).toMatch(/^ExecStart=\S+\/sentinel probe --sink file$/m);
    const [, folder] = /^LogsDirectory=(.*)$/m.exec(unit) ?? [];
    expect(config.sinks.file.path).toBe(`/var/log/${folder}/events.bin`);
  });
});
