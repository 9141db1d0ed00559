/** The container that a cgroup belongs to, told from its path alone: no runtime is asked. */

/** Which container a process is in. */
export interface ContainerIdentity {
  /** The runtime's full id (64 hexadecimal digits for OCI runtimes, the name for LXC and nspawn). */
  readonly id: string;
  /** `docker`, `containerd`, `cri-o`, `podman`, `lxc`, `systemd-nspawn`; undefined when the path does not tell. */
  readonly runtime: string | undefined;
  /** Kubernetes pod UID with dashes. */
  readonly podUid: string | undefined;
}

// `docker-<id>.scope`, `cri-containerd-<id>.scope`, `crio-<id>.scope`, `libpod-<id>.scope`; or the bare id.
const OCI_COMPONENT = /^(?:([a-z][a-z0-9-]*)-)?([0-9a-f]{64})(?:\.scope)?$/;
// cri-o and podman's monitor process, which is outside the container: `crio-conmon-<id>`, `libpod-conmon-<id>`.
const MONITOR = /conmon$/;
// containerd's cri plugin without systemd: `kubepods/besteffort/pod<uid>/<id>`; with: `kubepods-pod<uid with _>.slice`.
const POD_COMPONENT =
  /(?:^|-)pod([0-9a-f]{8}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{12})(?:\.slice)?$/;
// `kubepods…:cri-containerd:<id>` is how containerd writes a systemd path when its cgroup driver is cgroupfs.
const COLON_FORM = /^.*:([a-z][a-z0-9-]*):([0-9a-f]{64})$/;
// AWS ECS: `/ecs/<cluster>/<32 hex task id>/<32 hex>-<number>`, Fargate: `/ecs/<task>/<task>-<number>`.
const ECS_COMPONENT = /^[0-9a-f]{32}-[0-9]{1,12}$/;
const LXC_PAYLOAD = /^lxc\.payload\.([^/]{1,255})$/;
const NSPAWN = /^machine-([^/]{1,255})\.scope$/;
const UNIT_ESCAPE = /\\x([0-9a-f]{2})/g; // systemd escapes `-` in unit names as \x2d

const RUNTIMES: Readonly<Record<string, string>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  containerd: 'containerd',
  nerdctl: 'containerd',
  crio: 'cri-o',
  libpod: 'podman',
};

const MAX_PATH_CHARS = 4096;

/**
 * The container of a cgroup path, v1 or v2, or undefined on the host itself.
 *
 * The innermost component that names a container counts, so that a container inside a container (kind, Docker in
 * Docker) is told from the outer one, and a service unit inside a container still belongs to it.
 */
export function containerOf(cgroupPath: string): ContainerIdentity | undefined {
  if (cgroupPath.length > MAX_PATH_CHARS) {
    return undefined;
  }
  const components = cgroupPath.split('/');
  let pod: string | undefined;
  let found: { readonly id: string; readonly runtime: string | undefined } | undefined;
  for (let index = 0; index < components.length; index++) {
    const component = components[index] ?? '';
    const podMatch = POD_COMPONENT.exec(component);
    if (podMatch?.[1] !== undefined) {
      pod = dashedUid(podMatch[1]);
      found = undefined;
      continue;
    }
    const container = containerOfComponent(component, components[index - 1] ?? '', components);
    if (container !== undefined) {
      found = container;
    }
  }
  return found === undefined ? undefined : { ...found, podUid: pod };
}

function containerOfComponent(
  component: string,
  parent: string,
  components: readonly string[],
): { readonly id: string; readonly runtime: string | undefined } | undefined {
  const oci = OCI_COMPONENT.exec(component) ?? COLON_FORM.exec(component);
  if (oci?.[2] !== undefined) {
    const prefix = oci[1];
    if (prefix !== undefined && MONITOR.test(prefix)) {
      return undefined;
    }
    return { id: oci[2], runtime: runtimeOf(prefix, parent, components) };
  }
  if (ECS_COMPONENT.test(component) && components.includes('ecs')) {
    return { id: component, runtime: 'docker' };
  }
  const lxc =
    LXC_PAYLOAD.exec(component)?.[1] ?? (parent === 'lxc' && component !== '' ? component : undefined);
  if (lxc !== undefined) {
    return { id: lxc, runtime: 'lxc' };
  }
  const machine = NSPAWN.exec(component)?.[1];
  if (machine !== undefined && !/^qemu/.test(machine)) {
    return { id: unescapeUnit(machine), runtime: 'systemd-nspawn' };
  }
  return undefined;
}

function runtimeOf(
  prefix: string | undefined,
  parent: string,
  components: readonly string[],
): string | undefined {
  if (prefix !== undefined) {
    return RUNTIMES[prefix];
  }
  if (parent === 'docker' || components.includes('docker')) {
    return 'docker';
  }
  if (parent.startsWith('libpod') || parent === 'libpod_parent') {
    return 'podman';
  }
  if (components[1] === 'default' || components[1] === 'k8s.io' || components[1] === 'moby') {
    return 'containerd'; // ctr and nerdctl put /<namespace>/<id>
  }
  return undefined; // kubepods/…/<id> is written by more than one runtime
}

function dashedUid(uid: string): string {
  const hex = uid.replace(/[-_]/g, '');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function unescapeUnit(name: string): string {
  return name.replace(UNIT_ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** {@link containerOf} with a bounded memory of recent paths. */
export class ContainerCache {
  readonly capacity: number;
  #evictions = 0;
  readonly #byPath = new Map<string, ContainerIdentity | undefined>();

  constructor(capacity = 1024) {
    this.capacity = capacity;
  }

  get entries(): number {
    return this.#byPath.size;
  }

  get evictions(): number {
    return this.#evictions;
  }

  /** The container of a cgroup path, undefined on the host. */
  lookup(cgroupPath: string): ContainerIdentity | undefined {
    const known = this.#byPath.get(cgroupPath);
    if (known !== undefined || this.#byPath.has(cgroupPath)) {
      return known;
    }
    const container = containerOf(cgroupPath);
    if (this.#byPath.size >= this.capacity) {
      // Paths come and go with containers: starting anew is as good as an order of use, and costs nothing on a hit.
      this.#evictions += this.#byPath.size;
      this.#byPath.clear();
    }
    this.#byPath.set(cgroupPath, container);
    return container;
  }
}
