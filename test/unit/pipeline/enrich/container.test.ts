import fc from 'fast-check';
import { ContainerCache, containerOf } from '../../../../src/pipeline/enrich/container.ts';

const ID = '3f4e5d6c7b8a9f0e1d2c3b4a5f6e7d8c9b0a1f2e3d4c5b6a7f8e9d0c1b2a3f4e';
const ID2 = 'aaaaaaaabbbbbbbbccccccccddddddddaaaaaaaabbbbbbbbccccccccdddddddd';
const UID = '8f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
const UID_SLICE = UID.replaceAll('-', '_');

test.each([
  ['docker, cgroupfs', `/docker/${ID}`, 'docker', undefined],
  ['docker, systemd', `/system.slice/docker-${ID}.scope`, 'docker', undefined],
  [
    'rootless docker',
    `/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope`,
    'docker',
    undefined,
  ],
  ['a unit inside docker', `/docker/${ID}/system.slice/nginx.service`, 'docker', undefined],
  ['podman', `/machine.slice/libpod-${ID}.scope`, 'podman', undefined],
  ['podman, its payload', `/machine.slice/libpod-${ID}.scope/container`, 'podman', undefined],
  [
    'rootless podman',
    `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`,
    'podman',
    undefined,
  ],
  [
    'kubernetes, containerd, systemd',
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID_SLICE}.slice/cri-containerd-${ID}.scope`,
    'containerd',
    UID,
  ],
  [
    'kubernetes, cri-o',
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UID_SLICE}.slice/crio-${ID}.scope`,
    'cri-o',
    UID,
  ],
  [
    'kubernetes, cri-o, its payload',
    `/kubepods.slice/kubepods-pod${UID_SLICE}.slice/crio-${ID}.scope/container`,
    'cri-o',
    UID,
  ],
  ['kubernetes, docker', `/kubepods.slice/kubepods-pod${UID_SLICE}.slice/docker-${ID}.scope`, 'docker', UID],
  ['kubernetes, cgroupfs', `/kubepods/besteffort/pod${UID}/${ID}`, undefined, UID],
  ['kubernetes, guaranteed, cgroupfs', `/kubepods/pod${UID}/${ID}`, undefined, UID],
  [
    'static pod, uid without dashes',
    `/kubepods/burstable/pod${UID.replaceAll('-', '')}/${ID}`,
    undefined,
    UID,
  ],
  [
    'containerd, colon form',
    `/system.slice/containerd.service/kubepods-burstable-pod${UID_SLICE}.slice:cri-containerd:${ID}`,
    'containerd',
    undefined,
  ],
  [
    'kind: a pod in a docker container',
    `/docker/${ID2}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${UID_SLICE}.slice/cri-containerd-${ID}.scope`,
    'containerd',
    UID,
  ],
  ['docker in docker', `/docker/${ID2}/docker/${ID}`, 'docker', undefined],
  ['nerdctl', `/system.slice/nerdctl-${ID}.scope`, 'containerd', undefined],
  ['ctr', `/default/${ID}`, 'containerd', undefined],
  ['ECS on EC2', `/ecs/7f8e9d0c1b2a3f4e7f8e9d0c1b2a3f4e/${ID}`, undefined, undefined],
])('containerOf() tells %s', (_, path, runtime, podUid) => {
  expect(containerOf(path)).toEqual({ id: ID, runtime, podUid });
});

test.each([
  [
    'lxc, v2',
    '/lxc.payload.web-1/system.slice/ssh.service',
    { id: 'web-1', runtime: 'lxc', podUid: undefined },
  ],
  ['lxc, v1', '/lxc/web-1', { id: 'web-1', runtime: 'lxc', podUid: undefined }],
  [
    'nspawn',
    '/machine.slice/machine-deb\\x2d12.scope/payload',
    { id: 'deb-12', runtime: 'systemd-nspawn', podUid: undefined },
  ],
  [
    'Fargate',
    '/ecs/7f8e9d0c1b2a3f4e7f8e9d0c1b2a3f4e/7f8e9d0c1b2a3f4e7f8e9d0c1b2a3f4e-2531612879',
    { id: '7f8e9d0c1b2a3f4e7f8e9d0c1b2a3f4e-2531612879', runtime: 'docker', podUid: undefined },
  ],
])('containerOf() tells %s', (_, path, container) => {
  expect(containerOf(path)).toEqual(container);
});

test.each([
  '/',
  '',
  '/init.scope',
  '/system.slice/docker.service',
  '/system.slice/sshd.service',
  '/user.slice/user-1000.slice/session-3.scope',
  `/kubepods.slice/kubepods-pod${UID_SLICE}.slice`,
  `/machine.slice/libpod-conmon-${ID}.scope`,
  `/kubepods.slice/kubepods-pod${UID_SLICE}.slice/crio-conmon-${ID}.scope`,
  `/docker/${ID.slice(1)}`,
  `/docker/${ID}0`,
  `/docker/${ID.toUpperCase()}`,
  '/machine.slice/machine-qemu\\x2d1\\x2dvm.scope',
])('containerOf(%j) is the host', (path) => {
  expect(containerOf(path)).toBeUndefined();
});

test('containerOf() answers any text, and quickly', () => {
  const part = fc.constantFrom(
    '/',
    'docker',
    'pod',
    ID,
    UID,
    '-',
    '.scope',
    ':',
    '_',
    'lxc',
    'a',
    '\0',
    '.slice',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 200 }), (parts) => {
      const container = containerOf(parts.join(''));
      expect(container === undefined || container.id.length > 0).toBe(true);
    }),
  );
  const started = performance.now();
  containerOf(`/${'pod-'.repeat(1000)}`);
  containerOf(`/${'a-'.repeat(2000)}`);
  expect(performance.now() - started).toBeLessThan(500);
});

test('ContainerCache remembers hosts too, and no more than its capacity', () => {
  const cache = new ContainerCache(10);
  for (let i = 0; i < 100; i++) {
    expect(cache.lookup(`/system.slice/unit${i}.service`)).toBeUndefined();
    expect(cache.entries).toBeLessThanOrEqual(10);
  }
  expect(cache.lookup(`/docker/${ID}`)).toBe(cache.lookup(`/docker/${ID}`));
  expect(cache.entries + cache.evictions).toBe(101);
});
