/** Events as a terminal would get them, one of each shape. */
import type { Event } from '../../../../src/core/event.ts';
import { type EventSample, sampleEvent } from '../../pipeline/sample-event.ts';

const bash = { 'process.parent.name': 'bash', 'user.name': 'ann', 'event.outcome': 'success' };
const denied = { ...bash, 'event.outcome': 'failure', 'error.code': 'EACCES' };

const SAMPLES: readonly EventSample[] = [
  {
    type: 'process_exec',
    comm: 'python3',
    object: '/usr/bin/python3.11',
    attributes: {
      ...bash,
      'process.args': JSON.stringify(['python3', '-c', 'import os; print("it\'s")', '', 'a b']),
    },
  },
  {
    type: 'process_fork',
    comm: 'bash',
    object: '4243',
    attributes: { ...bash, 'process.parent.name': 'sshd' },
  },
  {
    type: 'process_exit',
    comm: 'python3',
    object: '0',
    detail: 'SIGKILL',
    attributes: { ...bash, 'process.exit_signal': 'SIGKILL', 'event.duration': '73500000000' },
  },
  { type: 'process_exit', object: '1', detail: '', attributes: { ...bash, 'event.duration': '1500000' } },
  {
    type: 'file_open',
    object: '/etc/shadow',
    attributes: { ...denied, 'file.flags': 'O_RDONLY|O_CLOEXEC' },
  },
  {
    type: 'file_open',
    comm: 'cc1',
    object: '/home/ann/src/project/build/intermediate/objects/debug/x86_64/very/long/directory/main.o',
    attributes: { ...bash, 'file.flags': 'O_WRONLY|O_CREAT|O_TRUNC', 'file.created': 'true' },
  },
  { type: 'file_rename', comm: 'mv', object: '/tmp/new.txt', detail: '/tmp/old name.txt', attributes: bash },
  { type: 'file_chmod', comm: 'chmod', object: '/usr/local/bin/tool', detail: '4755', attributes: bash },
  {
    type: 'file_chown',
    comm: 'chown',
    object: '/srv/data',
    detail: '33:33',
    attributes: { ...bash, 'file.changes.owner': 'www-data' },
  },
  {
    type: 'fs_mount',
    comm: 'mount',
    uid: 0,
    object: '/mnt',
    detail: '/dev/sdb1',
    attributes: { ...bash, 'fs.type': 'ext4', 'fs.flags': 'MS_RDONLY' },
  },
  {
    type: 'net_connect',
    comm: 'curl',
    object: '127.0.0.1:8080',
    detail: 'tcp',
    attributes: { ...bash, 'network.transport': 'tcp', 'destination.domain': 'localhost' },
  },
  {
    type: 'net_close',
    comm: 'curl',
    object: '127.0.0.1:8080',
    detail: '312/1572864',
    attributes: { ...bash, 'network.transport': 'tcp' },
  },
  {
    type: 'priv_setuid',
    comm: 'sudo',
    object: '0',
    detail: 'setresuid',
    attributes: { ...bash, 'user.changes.name': 'root' },
  },
  {
    type: 'priv_kill',
    comm: 'bash',
    object: '991',
    detail: 'SIGTERM',
    attributes: { ...bash, 'target.process.name': 'nginx' },
  },
  {
    type: 'priv_unshare',
    comm: 'unshare',
    object: 'CLONE_NEWNS|CLONE_NEWUSER',
    detail: '1',
    attributes: bash,
  },
  {
    type: 'priv_module_load',
    comm: 'insmod',
    uid: 0,
    object: '/tmp/rootkit.ko',
    detail: '',
    attributes: { ...denied, 'user.name': 'root', 'error.code': 'EPERM' },
  },
  {
    type: 'file_unlink',
    comm: 'rm',
    object: '/app/日本語/ファイル.txt',
    containerId: '3f4e5d6c7b8a3f4e5d6c7b8a3f4e5d6c7b8a3f4e5d6c7b8a3f4e5d6c7b8a1234',
    attributes: bash,
  },
  {
    type: 'file_unlink',
    comm: 'x\u001b[2J',
    object: '/tmp/\u001b]0;owned\u0007\u202e\ntxt.exe',
    attributes: { ...bash, 'process.parent.name': '\u0007' },
  },
];

/** Fresh events at a fixed time, a millisecond apart. */
export function sampleEvents(): Event[] {
  return SAMPLES.map((sample, index) =>
    sampleEvent({ ...sample, timeUnixNs: 1_700_000_000_123_000_000n + BigInt(index) * 1_000_000n }),
  );
}
