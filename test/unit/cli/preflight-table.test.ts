import type { PreflightReport } from '../../../src/app/preflight/preflight.ts';
import { renderPreflight } from '../../../src/cli/preflight-table.ts';

const REPORT: PreflightReport = {
  ok: false,
  error_code: 'SNT_KERNEL_UNSUPPORTED',
  version: '1.2.3',
  kernel: '5.4.0',
  checks: [
    { id: 'kernel', title: 'Kernel', status: 'fail', detail: 'Linux 5.4.0, x64', fix: 'run a newer one' },
    {
      id: 'config',
      title: 'Configuration',
      status: 'warn',
      detail: 'a.yaml\n\x1b[2Jhealth.port has no effect',
    },
    { id: 'btf', title: 'BTF', status: 'ok', detail: 'there' },
  ],
  events: [
    { type: 'file_open', way: 'tracepoint', hooks: ['tp_btf/sys_exit'], ok: true, reason: undefined },
    { type: 'net_burst', way: undefined, hooks: [], ok: false, reason: 'no XDP sensor' },
  ],
  settings: [{ setting: 'probe.all', value: true, origin: 'flag --all' }],
};

describe('renderPreflight()', () => {
  it('aligns titles, indents fixes and further lines, and escapes what it shows', () => {
    expect(renderPreflight(REPORT, false)).toBe(
      [
        '✖ Kernel         Linux 5.4.0, x64',
        '                 → run a newer one',
        '! Configuration  a.yaml',
        '                 \\x1b[2Jhealth.port has no effect',
        '✔ BTF            there',
        '',
        'Event types:',
        '✔ file_open  tracepoint tp_btf/sys_exit',
        '- net_burst  not watched: no XDP sensor',
        '',
        'Settings that are not at their default:',
        '  probe.all  true  (flag --all)',
        '',
        'probe cannot do its job here, with 1 warning',
        '',
      ].join('\n'),
    );
  });

  it('colours marks only when asked, and always resets', () => {
    const text = renderPreflight(REPORT, true);
    expect(text).toContain('\x1b[31m✖\x1b[0m Kernel');
    expect(text.split('\x1b[').length - 1).toBe(2 * text.split('\x1b[0m').slice(1).length);
  });
});
